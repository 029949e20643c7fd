using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence.Wire;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Writes a batch of queue events into the columns of <see cref="EventBatch"/>.</summary>
internal sealed class EventWriter
{
    private readonly SharedWriter _shared;
    private readonly MessageWriter _enqueued;
    private readonly Changes _table = new();
    private readonly EventBatch _batch = new();

    private EventWriter(int events)
    {
        _shared = new SharedWriter(events);
        _enqueued = new MessageWriter(_shared);
    }

    public static EventBatch Write(QueueEventBatch batch)
    {
        var writer = new EventWriter(batch.Events.Length);
        foreach (var change in batch.Events) writer.Add(change);
        return writer.Finish();
    }

    private void Add(QueueEvent change)
    {
        switch (change)
        {
            case QueueEvent.Enqueued e:
                _batch.Kinds.Add(EventKind.Enqueued);
                _enqueued.Add(e.Message);
                break;
            case QueueEvent.Attempted e:
                _batch.Kinds.Add(EventKind.Attempted);
                Add(e);
                break;
            case QueueEvent.Sending e:
                _batch.Kinds.Add(EventKind.Sending);
                Add(e.Key);
                break;
            case QueueEvent.Notified e:
                _batch.Kinds.Add(EventKind.Notified);
                Add(e);
                break;
            case QueueEvent.Removed e:
                _batch.Kinds.Add(EventKind.Removed);
                Add(e.Key);
                _table.Reason.Add(_shared.Text(e.Reason));
                break;
            case QueueEvent.HoldSet e:
                _batch.Kinds.Add(EventKind.HoldSet);
                _batch.Holds.Add(WireHolds.Write(e.Hold));
                break;
            case QueueEvent.HoldLifted e:
                _batch.Kinds.Add(EventKind.HoldLifted);
                _batch.Lifted.Add(e.Name);
                break;
            default:
                throw new ArgumentException($"The queue's serializer does not write {change.GetType()}.", nameof(change));
        }
    }

    private void Add(QueueKey key)
    {
        _table.IdHigh.Add(key.Id.High);
        _table.IdLow.Add(key.Id.Low);
        _table.Domain.Add(_shared.Text(key.Domain.Value));
    }

    private void Add(QueueEvent.Attempted e)
    {
        Add(e.Key);
        _table.At.Add(e.At.UtcTicks - WireTime.Of(e.Key.Id));
        _table.Due.Add(e.Due.UtcTicks - e.At.UtcTicks);
        _table.Counts.Add(e.Counts);
        _table.ResultCount.Add((uint)e.Results.Length);
        foreach (var result in e.Results)
        {
            _table.ResultOrdinal.Add((uint)result.Ordinal);
            _table.ResultFate.Add(WireEnums.Fate(result.Fate));
            _table.ResultReply.Add(_shared.Reply(result.Reply));
            _table.ResultHost.Add(_shared.Text(result.Host));
        }
    }

    private void Add(QueueEvent.Notified e)
    {
        Add(e.Key);
        _table.Action.Add(WireEnums.Action(e.Action));
        _table.OrdinalCount.Add((uint)e.Ordinals.Length);
        foreach (var ordinal in e.Ordinals) _table.Ordinal.Add((uint)ordinal);
    }

    private EventBatch Finish()
    {
        Columns.DropDefaults(_table.Due);
        Columns.DropDefaults(_table.ResultOrdinal);
        Columns.DropDefaults(_table.Ordinal);
        _batch.Count = (uint)_batch.Kinds.Count;
        _batch.Enqueued = _enqueued.Finish();
        _batch.Changes = _table;
        _batch.Shared = _shared.Finish();
        return _batch;
    }
}
