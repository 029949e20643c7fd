using System.Diagnostics;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// All domains of a partition, counted. That takes a look at every message, so of a large queue the last count is told again for two hundred times as long as it took:
/// whoever watches, by however many screens, costs half a per cent of a processor, and mail waits for nobody's curiosity.
/// </summary>
internal sealed class DomainCensus
{
    /// <summary>Fewer messages are counted each time.</summary>
    private const int Large = 10_000;
    private const int KeptFor = 200;

    private Dictionary<DomainName, DomainTally> _tallies = [];
    private long _taken;
    private TimeSpan _took;

    public IReadOnlyDictionary<DomainName, DomainTally> Of(PartitionQueue queue)
    {
        if (queue.State.Count > Large && Stopwatch.GetElapsedTime(_taken) < _took * KeptFor) return _tallies;
        var begin = Stopwatch.GetTimestamp();
        _tallies = Count(queue, QueueSearch.All);
        _taken = Stopwatch.GetTimestamp();
        _took = Stopwatch.GetElapsedTime(begin, _taken);
        return _tallies;
    }

    /// <summary>Only messages that fit, counted now.</summary>
    public static Dictionary<DomainName, DomainTally> Count(PartitionQueue queue, QueueSearch which)
    {
        var tallies = new Dictionary<DomainName, DomainTally>();
        foreach (var message in queue.State.Messages)
        {
            if (!which.Matches(message)) continue;
            if (!tallies.TryGetValue(message.Domain, out var tally)) tallies[message.Domain] = tally = new DomainTally();
            tally.Add(message, queue.PlaceOf(message.Key));
        }
        return tallies;
    }
}
