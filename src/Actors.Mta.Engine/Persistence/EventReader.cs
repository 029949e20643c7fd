using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence.Wire;
using Google.Protobuf.Collections;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Reads a batch of queue events out of the columns of <see cref="EventBatch"/>.</summary>
internal sealed class EventReader
{
    private readonly SharedReader _shared;
    private readonly MessageReader _enqueued;
    private readonly Changes _table;
    private readonly Column<ulong> _idLow;
    private readonly Column<uint> _domain, _resultCount, _resultOrdinal, _resultReply, _resultHost, _ordinalCount, _ordinal, _reason;
    private readonly Column<long> _at, _due;
    private readonly Column<bool> _counts;
    private readonly Column<Fate> _resultFate;
    private readonly Column<Wire.Action> _action;
    private readonly RepeatedField<HeldMail> _holds;
    private readonly RepeatedField<string> _lifted;
    private int _change, _attempt, _result, _notified, _nextOrdinal, _removed, _nextHold, _nextLifted;

    private EventReader(EventBatch batch, ValuePool pool)
    {
        _shared = new SharedReader(batch.Shared, pool);
        _enqueued = new MessageReader(batch.Enqueued, _shared);
        _table = batch.Changes ?? new Changes();
        (_holds, _lifted) = (batch.Holds, batch.Lifted);
        var (enqueued, attempts, sending, notified, removed, holds, lifted) = Count(batch.Kinds);
        Columns.Check((uint)holds, _holds.Count, "holds of HOLD_SET events");
        Columns.Check((uint)lifted, _lifted.Count, "names of HOLD_LIFTED events");
        var changes = attempts + sending + notified + removed;
        Columns.Check(batch.Count, batch.Kinds.Count, "events");
        Columns.Check((uint)enqueued, _enqueued.Count, "messages of ENQUEUED events");
        Columns.Check((uint)changes, _table.IdHigh.Count, "keys of events");
        _idLow = new(_table.IdLow, changes, "Changes.id_low");
        _domain = new(_table.Domain, changes, "Changes.domain");
        _at = new(_table.At, attempts, "Changes.at");
        _due = new(_table.Due, attempts, "Changes.due");
        _counts = new(_table.Counts, attempts, "Changes.counts");
        _resultCount = new(_table.ResultCount, attempts, "Changes.result_count");
        var results = Columns.Sum(_table.ResultCount);
        _resultOrdinal = new(_table.ResultOrdinal, results, "Changes.result_ordinal");
        _resultFate = new(_table.ResultFate, results, "Changes.result_fate");
        _resultReply = new(_table.ResultReply, results, "Changes.result_reply");
        _resultHost = new(_table.ResultHost, results, "Changes.result_host");
        _action = new(_table.Action, notified, "Changes.action");
        _ordinalCount = new(_table.OrdinalCount, notified, "Changes.ordinal_count");
        _ordinal = new(_table.Ordinal, Columns.Sum(_table.OrdinalCount), "Changes.ordinal");
        _reason = new(_table.Reason, removed, "Changes.reason");
    }

    public static QueueEventBatch Read(EventBatch batch, ValuePool pool)
    {
        var reader = new EventReader(batch, pool);
        var events = new QueueEvent[batch.Kinds.Count];
        for (var i = 0; i < events.Length; i++) events[i] = reader.Next(batch.Kinds[i]);
        return new QueueEventBatch(ImmutableCollectionsMarshal.AsImmutableArray(events));
    }

    private static (int Enqueued, int Attempted, int Sending, int Notified, int Removed, int Holds, int Lifted) Count(RepeatedField<EventKind> kinds)
    {
        int enqueued = 0, attempted = 0, sending = 0, notified = 0, removed = 0, holds = 0, lifted = 0;
        foreach (var kind in kinds)
        {
            switch (kind)
            {
                case EventKind.Enqueued: enqueued++; break;
                case EventKind.Attempted: attempted++; break;
                case EventKind.Sending: sending++; break;
                case EventKind.Notified: notified++; break;
                case EventKind.Removed: removed++; break;
                case EventKind.HoldSet: holds++; break;
                case EventKind.HoldLifted: lifted++; break;
                default: throw WireEnums.Unknown("EventKind", (uint)kind);
            }
        }
        return (enqueued, attempted, sending, notified, removed, holds, lifted);
    }

    private QueueEvent Next(EventKind kind) => kind switch
    {
        EventKind.Enqueued => new QueueEvent.Enqueued(_enqueued.Next()),
        EventKind.Attempted => Attempted(Key()),
        EventKind.Sending => new QueueEvent.Sending(Key()),
        EventKind.Notified => Notified(Key()),
        EventKind.Removed => new QueueEvent.Removed(Key(), SharedReader.Required(_shared.Text(_reason[_removed++]), "reason")),
        EventKind.HoldSet => new QueueEvent.HoldSet(WireHolds.Read(_holds[_nextHold++])),
        EventKind.HoldLifted => new QueueEvent.HoldLifted(_lifted[_nextLifted++]),
        _ => throw WireEnums.Unknown("EventKind", (uint)kind),
    };

    private QueueKey Key()
    {
        var row = _change++;
        return new QueueKey(new MessageId(_table.IdHigh[row], _idLow[row]), _shared.Domain(_domain[row]));
    }

    private QueueEvent.Attempted Attempted(QueueKey key)
    {
        var row = _attempt++;
        var at = WireTime.Of(key.Id) + _at[row];
        var results = new RecipientResult[_resultCount[row]];
        for (var i = 0; i < results.Length; i++)
        {
            var r = _result++;
            results[i] = new RecipientResult(
                (int)_resultOrdinal[r], WireEnums.Fate(_resultFate[r]),
                SharedReader.Required(_shared.Reply(_resultReply[r]), "reply"), _shared.Text(_resultHost[r]));
        }
        return new QueueEvent.Attempted(
            key, WireTime.At(at), ImmutableCollectionsMarshal.AsImmutableArray(results), WireTime.At(at + _due[row]), _counts[row]);
    }

    private QueueEvent.Notified Notified(QueueKey key)
    {
        var row = _notified++;
        var ordinals = new int[_ordinalCount[row]];
        for (var i = 0; i < ordinals.Length; i++) ordinals[i] = (int)_ordinal[_nextOrdinal++];
        return new QueueEvent.Notified(key, ImmutableCollectionsMarshal.AsImmutableArray(ordinals), WireEnums.Action(_action[row]));
    }
}
