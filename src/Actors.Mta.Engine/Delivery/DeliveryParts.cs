using System.Collections.Concurrent;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Events;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Delivery;

/// <summary>What the delivery actors work with: the rooms below and the settings. One instance a node.</summary>
internal sealed record DeliveryParts(
    MtaSettings Settings, ISpool Spool, IMxResolver Resolver, ISmtpConnector Connector, LocalIdentity Self, TimeProvider Clock, ILogger Log)
{
    /// <summary>In [0, 1): jitter and shuffling.</summary>
    public Func<double> Chance { get; init; } = Random.Shared.NextDouble;

    /// <summary>The route that the address book has for one of our domains, as text; mta.domains is asked first.</summary>
    public Func<DomainName, string?> BookRouteOf { get; init; } = _ => null;

    /// <summary>What is this node's to deliver.</summary>
    public IOwnership Ownership { get; init; } = SoleOwner.Instance;

    /// <summary>Where mail of a domain goes instead of its MX; null for by its MX.</summary>
    public Route? RouteOf(DomainName domain) =>
        Settings.Delivery.RouteOf(domain) ?? (BookRouteOf(domain) is { } text && Route.TryParse(text, out var route) ? route : null);

    /// <summary>Where it is written what becomes of mail.</summary>
    public EventRecorder Events { get; init; } = EventRecorder.Off;

    /// <summary>What many outcomes say alike is kept once.</summary>
    public ValuePool Values { get; } = new();

    /// <summary>Messages in all partitions, for reception's limit.</summary>
    public QueueDepth Depth { get; } = new();

    public DateTimeOffset Now => Clock.GetUtcNow();
}

/// <summary>How many messages all partitions of this node hold; read by reception at each MAIL.</summary>
public sealed class QueueDepth
{
    private readonly ConcurrentDictionary<int, (int Unaccounted, QueueAges Ages)> _audits = new();
    private int _messages;

    public int Messages => Volatile.Read(ref _messages);

    /// <summary>Of them, those that were found without anybody who would act next; 0, or something is wrong with this program.</summary>
    public int Unaccounted => _audits.Values.Sum(a => a.Unaccounted);

    /// <summary>As the audits of the last minute found them.</summary>
    internal IEnumerable<(string State, string Age, int Messages)> Ages => QueueAges.Sum([.. _audits.Values.Select(a => a.Ages)]);

    internal void Add(int difference) => Interlocked.Add(ref _messages, difference);

    internal void SetAudit(int partition, int unaccounted, QueueAges ages) => _audits[partition] = (unaccounted, ages);

    /// <summary>The partition is no longer here.</summary>
    internal void Forget(int partition) => _audits.TryRemove(partition, out _);
}
