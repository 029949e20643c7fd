using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence.Wire;
using WireAction = Actors.Mta.Engine.Persistence.Wire.Action;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Reads queued messages out of the columns of <see cref="Messages"/>, one after the other.</summary>
internal sealed class MessageReader
{
    private readonly SharedReader _shared;
    private readonly Messages _table;
    private readonly Column<uint> _domain, _attempts, _flags, _recipientCount;
    private readonly Column<long> _due, _lastAttempt;
    private readonly Column<uint> _ordinal, _address, _notify, _originalRecipient, _lastReply, _lastHost;
    private readonly Column<WireAction> _owed;
    private int _message, _recipient;

    public MessageReader(Messages? table, SharedReader shared)
    {
        _shared = shared;
        _table = table ?? new Messages();
        var rows = _table.Envelope.Count;
        _domain = new(_table.Domain, rows, "Messages.domain");
        _attempts = new(_table.Attempts, rows, "Messages.attempts");
        _flags = new(_table.Flags, rows, "Messages.flags");
        _recipientCount = new(_table.RecipientCount, rows, "Messages.recipient_count");
        _due = new(_table.Due, rows, "Messages.due");
        _lastAttempt = new(_table.LastAttempt, rows, "Messages.last_attempt");
        var recipients = Columns.Sum(_table.RecipientCount);
        _ordinal = new(_table.Ordinal, recipients, "Messages.ordinal");
        _address = new(_table.Address, recipients, "Messages.address");
        _notify = new(_table.Notify, recipients, "Messages.notify");
        _originalRecipient = new(_table.OriginalRecipient, recipients, "Messages.original_recipient");
        _owed = new(_table.Owed, recipients, "Messages.owed");
        _lastReply = new(_table.LastReply, recipients, "Messages.last_reply");
        _lastHost = new(_table.LastHost, recipients, "Messages.last_host");
    }

    public static QueueSnapshot Read(Snapshot snapshot, ValuePool pool)
    {
        var reader = new MessageReader(snapshot.Messages, new SharedReader(snapshot.Shared, pool));
        Columns.Check(snapshot.Count, reader.Count, "messages");
        var messages = new QueuedMessage[reader.Count];
        for (var i = 0; i < messages.Length; i++) messages[i] = reader.Next();
        Columns.Check((uint)snapshot.LeftHigh.Count, snapshot.LeftLow.Count, "messages that left");
        return new QueueSnapshot(ImmutableCollectionsMarshal.AsImmutableArray(messages))
        {
            Holds = [.. snapshot.Holds.Select(WireHolds.Read)],
            Left = [.. snapshot.LeftHigh.Zip(snapshot.LeftLow, (high, low) => new MessageId(high, low))],
        };
    }

    public int Count => _table.Envelope.Count;

    /// <summary>The next message; there are <see cref="Count"/> of them.</summary>
    public QueuedMessage Next()
    {
        var row = _message++;
        var envelope = _shared.Envelope(_table.Envelope[row]);
        var arrived = envelope.Arrived.UtcTicks;
        var flags = _flags[row];
        if ((flags & ~(MessageWriter.HasLastAttempt | MessageWriter.DelayReported | MessageWriter.InDoubt)) != 0) throw WireEnums.Unknown("message flags", flags);
        return new QueuedMessage(
            envelope,
            _shared.Domain(_domain[row]),
            Recipients((int)_recipientCount[row]),
            (int)_attempts[row],
            WireTime.At(arrived + _due[row]),
            (flags & MessageWriter.HasLastAttempt) != 0 ? WireTime.At(arrived + _lastAttempt[row]) : null,
            (flags & MessageWriter.DelayReported) != 0)
        {
            InDoubt = (flags & MessageWriter.InDoubt) != 0,
        };
    }

    private ImmutableArray<QueuedRecipient> Recipients(int count)
    {
        var recipients = new QueuedRecipient[count];
        for (var i = 0; i < count; i++)
        {
            var row = _recipient++;
            recipients[i] = new QueuedRecipient(
                (int)_ordinal[row],
                new Recipient(_shared.Address(_address[row]), WireEnums.Notify(_notify[row]), _shared.Text(_originalRecipient[row])),
                WireEnums.Action(_owed[row]),
                _shared.Reply(_lastReply[row]),
                _shared.Text(_lastHost[row]));
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(recipients);
    }
}
