using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence.Wire;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Writes queued messages into the columns of <see cref="Messages"/>.</summary>
internal sealed class MessageWriter(SharedWriter shared)
{
    public const uint HasLastAttempt = 1, DelayReported = 2, InDoubt = 4;

    private readonly Messages _table = new();

    public static Snapshot Write(QueueSnapshot snapshot)
    {
        var shared = new SharedWriter(snapshot.Messages.Length);
        var messages = new MessageWriter(shared);
        foreach (var message in snapshot.Messages) messages.Add(message);
        return new Snapshot
        {
            Count = (uint)snapshot.Messages.Length,
            Messages = messages.Finish(),
            Shared = shared.Finish(),
            Holds = { snapshot.Holds.Select(WireHolds.Write) },
            LeftHigh = { snapshot.Left.Select(id => id.High) },
            LeftLow = { snapshot.Left.Select(id => id.Low) },
        };
    }

    public void Add(QueuedMessage message)
    {
        var arrived = message.Envelope.Arrived.UtcTicks;
        _table.Envelope.Add(shared.Envelope(message.Envelope));
        _table.Domain.Add(shared.Text(message.Domain.Value));
        _table.Attempts.Add((uint)message.Attempts);
        _table.Due.Add(message.Due.UtcTicks - arrived);
        _table.LastAttempt.Add(message.LastAttempt is { } last ? last.UtcTicks - arrived : 0);
        _table.Flags.Add((message.LastAttempt is null ? 0 : HasLastAttempt) | (message.DelayReported ? DelayReported : 0) | (message.InDoubt ? InDoubt : 0));
        _table.RecipientCount.Add((uint)message.Recipients.Length);
        foreach (var recipient in message.Recipients) Add(recipient);
    }

    private void Add(QueuedRecipient recipient)
    {
        _table.Ordinal.Add((uint)recipient.Ordinal);
        _table.Address.Add(shared.Address(recipient.Recipient.Address));
        _table.Notify.Add(WireEnums.Notify(recipient.Recipient.Notify));
        _table.OriginalRecipient.Add(shared.Text(recipient.Recipient.OriginalRecipient));
        _table.Owed.Add(WireEnums.Action(recipient.Owed));
        _table.LastReply.Add(shared.Reply(recipient.LastReply));
        _table.LastHost.Add(shared.Text(recipient.LastHost));
    }

    public Messages Finish()
    {
        Columns.DropDefaults(_table.Attempts);
        Columns.DropDefaults(_table.Due);
        Columns.DropDefaults(_table.LastAttempt);
        Columns.DropDefaults(_table.Flags);
        Columns.DropDefaults(_table.Ordinal);
        Columns.DropDefaults(_table.Notify);
        Columns.DropDefaults(_table.OriginalRecipient);
        Columns.DropEnumDefaults(_table.Owed);
        Columns.DropDefaults(_table.LastReply);
        Columns.DropDefaults(_table.LastHost);
        return _table;
    }
}
