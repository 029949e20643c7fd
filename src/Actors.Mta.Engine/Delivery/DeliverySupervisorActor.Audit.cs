using Actors.Mta.Core.Queue;

namespace Actors.Mta.Engine.Delivery;

// No message is silent: once a minute all are looked at, and those for which nobody would act any more are named, counted and placed anew.
internal sealed partial class DeliverySupervisorActor
{
    private const int MostNamed = 10;
    /// <summary>What the clock brings is brought within this.</summary>
    private static readonly TimeSpan Punctual = TimeSpan.FromMinutes(1);
    /// <summary>An attempt is bounded by mta.smtp.client.timeouts for each step; no message takes so long that goes on at all.</summary>
    private const int LongestAttempt = 3 * 60;
    /// <summary>A notification is asked for every minute, an operation goes step by step.</summary>
    private const int LongestOther = 15;

    /// <summary>In how many audits running a message was found at the same place, of those that are with somebody.</summary>
    private Dictionary<(QueueKey Key, QueuePlace Place, int Attempts), int> _seen = [];

    private void LookForSilent()
    {
        var now = _parts.Now;
        var silent = new List<QueuedMessage>();
        var seen = new Dictionary<(QueueKey, QueuePlace, int), int>();
        var ages = new QueueAges();
        foreach (var message in _queue.State.Messages)
        {
            var place = _queue.PlaceOf(message.Key);
            ages.Add(place, now - message.Envelope.Arrived);
            if (IsLate(message, place, now, seen)) silent.Add(message);
        }
        _seen = seen;
        _parts.Depth.SetAudit(_partition, silent.Count, ages);
        foreach (var message in silent.Take(MostNamed))
            _parts.Log.Unaccounted(message.Key, _queue.PlaceOf(message.Key).ToString().ToLowerInvariant(), message.Envelope.Arrived);
        // Those that nobody has; the others may still come back, and would be sent twice.
        foreach (var message in silent)
            if (_queue.PlaceOf(message.Key) is QueuePlace.Waiting or QueuePlace.Held or QueuePlace.Ready) Place(message);
    }

    private bool IsLate(QueuedMessage message, QueuePlace place, DateTimeOffset now, Dictionary<(QueueKey, QueuePlace, int), int> seen)
    {
        switch (place)
        {
            case QueuePlace.Waiting:
                return message.Due < now - Punctual;
            case QueuePlace.Held:
                return Decide.ExpiresAt(message, _parts.Settings.Retry.For(message.Domain)) < now - Punctual;
            case QueuePlace.Ready:
                // Too old ones were asked back a moment ago.
                return !_draining && _domains.Find(message.Domain, _queue.DetourOf(message.Key)) is null;
            default:
                var where = (message.Key, place, message.Attempts);
                var times = seen[where] = _seen.GetValueOrDefault(where) + 1;
                return times > (place == QueuePlace.Delivering ? LongestAttempt : LongestOther);
        }
    }
}
