using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Queue;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

// What its receiver may have taken without our hearing so: written down while an attempt lasts, and settled by who recovers the partition.
internal sealed partial class DeliverySupervisorActor
{
    /// <summary>
    /// Messages that are to be sent again are written down as being sent only when the receiver's answer takes longer than this: that
    /// costs nothing in most cases, and misses those few whose node ended within the same second.
    /// </summary>
    private static readonly TimeSpan AnswersSoon = TimeSpan.FromSeconds(1);

    /// <summary>Messages on their way that are not written down so, and since when.</summary>
    private readonly Dictionary<QueueKey, DateTimeOffset> _sending = [];

    private void OnSending(PartitionProtocol.Sending sending)
    {
        var message = _queue.State.Find(sending.Key);
        if (sending.Awaited)
        {
            // Of a message that was written down already: the next part of its recipients.
            if (message is null or { InDoubt: true }) Sender.Tell(PartitionProtocol.Settled.Instance);
            else Record(new Change(new QueueEvent.Sending(sending.Key), Sender, PartitionProtocol.Settled.Instance));
        }
        else if (message is { InDoubt: false })
        {
            _sending[sending.Key] = _parts.Now;
            if (_sending.Count == 1) MarkLater();
        }
    }

    private void OnMarkSending()
    {
        var since = _parts.Now - AnswersSoon;
        foreach (var key in _sending.Where(s => s.Value <= since).Select(s => s.Key).ToList())
        {
            _sending.Remove(key);
            if (_queue.PlaceOf(key) == QueuePlace.Delivering) _journal.Add(new Change(new QueueEvent.Sending(key)));
        }
        Write();
        if (_sending.Count > 0) MarkLater();
    }

    private void MarkLater() => Timers.StartSingleTimer(nameof(MarkSending), MarkSending.Instance, AnswersSoon);

    /// <summary>Attempts that an earlier incarnation of the partition began, and that did not end: with its node, or with its journal.</summary>
    private void SettleDoubts()
    {
        var policy = _parts.Settings.Delivery.InDoubt;
        foreach (var message in _queue.Waiting(null).Where(m => m.InDoubt && m.Pending.Any()))
        {
            _parts.Log.InDoubt(message.Envelope.Id, message.Domain, null, "its node or its journal failed", policy);
            _parts.Events.InDoubt(message, null, "its node or its journal failed", _parts.Now);
            if (policy != InDoubtPolicy.Report) continue;
            var reported = Decide.ReportInDoubt(message, _parts.Now);
            foreach (var result in reported.Results) ReportReturned(message, result, message.Attempts + 1);
            _queue.Put(message.Key, QueuePlace.Delivering);
            _journal.Add(new Change(reported));
        }
    }

    private sealed record MarkSending
    {
        public static readonly MarkSending Instance = new();
    }
}
