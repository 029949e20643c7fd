using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.IO.Spool;
using Akka.Actor;

namespace Actors.Mta.Engine.Cluster;

/// <summary>
/// Finds bodies that crashes left in a shared spool, and discards them: a few old ones at a time, and only when every partition of the cluster
/// has said that it does not need them. One node sweeps: the one that owns partition 0.
/// </summary>
internal sealed class BodySweepActor : ReceiveActor, IWithTimers
{
    /// <summary>Younger bodies may be on their way into the queue.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromDays(1);
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(5);
    /// <summary>Partitions that have not answered by then do not answer: the bodies are asked for again in the next round.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private const int AtATime = 1_000;

    private readonly DeliveryParts _parts;
    private readonly ISharedSpool _spool;
    private readonly IActorRef _region;
    private readonly HashSet<int> _silent = [];
    private HashSet<MessageId> _suspects = [];
    private MessageId _after;

    public BodySweepActor(DeliveryParts parts, ISharedSpool spool, IActorRef region)
    {
        (_parts, _spool, _region) = (parts, spool, region);
        Receive<Sweep>(_ => OnSweep());
        Receive<Old>(OnOld);
        Receive<DeliveryProtocol.Owned>(OnOwned);
        Receive<DeliveryProtocol.Unavailable>(_ => GiveUp());
        Receive<GiveUpWaiting>(_ => GiveUp());
        Receive<Status.Failure>(f => _parts.Log.SweepFailed(f.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Sweep), Sweep.Instance, Every);

    private void OnSweep()
    {
        if (_silent.Count > 0 || !_parts.Ownership.Owns(0)) return;
        _spool.OlderAsync(Age, _after, AtATime).PipeTo(Self, success: found => new Old(found));
    }

    private void OnOld(Old old)
    {
        // At the end it begins anew.
        _after = old.Ids.Count < AtATime ? default : old.Ids[^1];
        if (old.Ids.Count == 0) return;
        _suspects = [.. old.Ids];
        _silent.UnionWith(Enumerable.Range(0, _parts.Settings.Queue.Partitions));
        Timers.StartSingleTimer(nameof(GiveUpWaiting), GiveUpWaiting.Instance, Patience);
        _region.Tell(new DeliveryProtocol.GetOwned([.. old.Ids]));
    }

    private void OnOwned(DeliveryProtocol.Owned owned)
    {
        _suspects.ExceptWith(owned.Ids);
        if (!_silent.Remove(owned.Partition) || _silent.Count > 0) return;
        Timers.Cancel(nameof(GiveUpWaiting));
        foreach (var id in _suspects) _spool.Discard(id);
        if (_suspects.Count > 0) _parts.Log.Swept(_suspects.Count);
    }

    private void GiveUp()
    {
        _silent.Clear();
        _suspects.Clear();
    }

    private sealed record Old(IReadOnlyList<MessageId> Ids);

    private sealed record Sweep
    {
        public static readonly Sweep Instance = new();
    }

    private sealed record GiveUpWaiting
    {
        public static readonly GiveUpWaiting Instance = new();
    }
}
