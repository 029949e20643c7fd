using Actors.Mta.Core.Events;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Metrics;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

// What an operator wants done to messages: in small steps, between which mail goes on. A message whose attempt is under way is left to it.
internal sealed partial class DeliverySupervisorActor
{
    /// <summary>Few enough that reception, whose messages wait for the same journal, hardly notices.</summary>
    private const int MessagesPerStep = 100;

    private readonly Queue<(QueueKey Key, DeliveryProtocol.Act Act)> _toDo = new();
    /// <summary>Asked back from their domain; one that has set out meanwhile is left alone.</summary>
    private readonly Dictionary<QueueKey, DeliveryProtocol.Act> _recalledFor = [];
    /// <summary>A step is on its way into the journal, or about to begin.</summary>
    private bool _stepping;
    /// <summary>Messages of the step that is on its way into the journal.</summary>
    private int _inStep;

    private int ToDo => _toDo.Count + _recalledFor.Count + _toPlace.Count + _inStep;

    private void OnAct(DeliveryProtocol.Act act)
    {
        var found = _queue.State.Messages.Where(act.Which.Matches).ToLookup(m => _queue.PlaceOf(m.Key), m => m.Key);
        var (waiting, ready) = (found[QueuePlace.Waiting].Concat(found[QueuePlace.Held]).ToList(), found[QueuePlace.Ready].ToList());
        if (act.What == QueueAction.Flush)
        {
            Sender.Tell(new DeliveryProtocol.Acted(found[QueuePlace.Waiting].Count(), 0));
            if (!act.DryRun) FlushNow(found[QueuePlace.Waiting]);
            return;
        }
        var open = waiting.Count + ready.Count;
        Sender.Tell(new DeliveryProtocol.Acted(open, found.Sum(f => f.Count()) - open));
        if (act.DryRun || open == 0 || _draining) return;
        _parts.Log.OperationBegins(_partition, act.What, open, act.Reason);
        foreach (var key in waiting) _toDo.Enqueue((key, act));
        foreach (var key in ready) _recalledFor[key] = act;
        Recall(ready);
        StepOn();
    }

    private void FlushNow(IEnumerable<QueueKey> keys)
    {
        foreach (var domain in keys.ToList().GroupBy(k => k.Domain))
        {
            _domains.RetryNow(domain.Key);
            foreach (var key in domain)
                if (_queue.State.Find(key) is { } message) MakeReadyOrExpire(message);
        }
    }

    private void StepOn()
    {
        if (_stepping || _toDo.Count == 0) return;
        _stepping = true;
        Self.Tell(NextStep.Instance);
    }

    private void OnNextStep()
    {
        _stepping = false;
        _inStep = 0;
        if (_draining) return;
        var changes = new List<Change>();
        while (changes.Count < MessagesPerStep && _toDo.TryDequeue(out var next))
        {
            // It may have been tried meanwhile, or another operation was first.
            if (_queue.State.Find(next.Key) is { } message && _queue.PlaceOf(next.Key) is QueuePlace.Waiting or QueuePlace.Held or QueuePlace.Operated) changes.Add(Do(next.Act, message));
        }
        if (changes.Count > 0)
        {
            _stepping = true;
            _inStep = changes.Count;
            // The next step comes when this one is stored.
            changes[^1] = changes[^1] with { Asker = Self, Answer = NextStep.Instance };
            foreach (var change in changes) _journal.Add(change);
            Write();
        }
        else if (_recalledFor.Count == 0) _parts.Log.OperationsEnd(_partition);
    }

    private Change Do(DeliveryProtocol.Act act, QueuedMessage message)
    {
        _queue.Put(message.Key, QueuePlace.Operated);
        if (act.What == QueueAction.Remove)
        {
            _parts.Log.Removed(message.Envelope.Id, message.Domain, act.Reason);
            _parts.Events.Removed(message, act.Reason, _parts.Now);
            return new Change(new QueueEvent.Removed(message.Key, act.Reason));
        }
        if (act.What == QueueAction.Expire) return new Change(GiveUp(message));
        var returned = Decide.Return(message, act.Reason, _parts.Now);
        foreach (var result in returned.Results) ReportReturned(message, result, message.Attempts);
        return new Change(returned);
    }

    private void ReportReturned(QueuedMessage message, RecipientResult result, int attempts)
    {
        _parts.Log.Reported(message, result, attempts, _parts.Now);
        _parts.Events.GivenUp(MailEvents.Return, message, result, _parts.Now);
        DeliveryMeter.GivenUp("returned", result.Reply);
    }

    /// <summary>True when a message that is back from its domain was asked back for an operation.</summary>
    private bool WasRecalledFor(QueueKey key)
    {
        if (!_recalledFor.Remove(key, out var act)) return false;
        _queue.Put(key, QueuePlace.Operated);
        _toDo.Enqueue((key, act));
        StepOn();
        return true;
    }

    private sealed record NextStep
    {
        public static readonly NextStep Instance = new();
    }
}
