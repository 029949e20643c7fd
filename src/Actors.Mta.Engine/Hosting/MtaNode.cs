using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Bounces;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// A node at work: spool, journal, actors and listeners, started in the order in which they need each other and stopped in
/// the reverse one. Nothing is accepted before the queue was recovered; nothing stops before attempts under way have ended or
/// their time to end is over.
/// </summary>
public sealed class MtaNode : IAsyncDisposable
{
    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromMinutes(10);

    private readonly MtaSettings _settings;
    private readonly ActorSystem _system;
    private readonly SegmentSpool _spool;
    private readonly JournalConfig _journal;
    private readonly JournalKeeper? _keeper;
    private readonly IActorRef _region;
    private readonly ILogger _log;
    private readonly List<ISmtpListener> _listeners = [];
    private bool _stopped;

    private MtaNode(MtaSettings settings, ActorSystem system, SegmentSpool spool, JournalConfig journal, IActorRef region, ILogger log)
    {
        (_settings, _system, _spool, _journal, _region, _log) = (settings, system, spool, journal, region, log);
        _keeper = journal.File is { } file ? new JournalKeeper(file, log).Start() : null;
        Queue = new QueueView(system, region, settings.Queue.Partitions);
    }

    public IReadOnlyList<ISmtpListener> Listeners => _listeners;

    public IQueueView Queue { get; }

    /// <summary>Completes when the actor system has ended, for whatever reason.</summary>
    public Task WhenTerminated => _system.WhenTerminated;

    /// <summary>Starts a node; completes when it listens.</summary>
    /// <param name="akka">Configuration of the actor system that is stronger than what the engine brings.</param>
    /// <exception cref="IOException">The data directory is not usable or in use, or a port is taken.</exception>
    public static async Task<MtaNode> StartAsync(MtaSettings settings, Config akka, ILoggerFactory logs, CancellationToken cancel)
    {
        Directory.CreateDirectory(settings.DataDirectory);
        PartitionCount.Check(settings.DataDirectory, settings.Queue.Partitions);
        var log = logs.CreateLogger("Actors.Mta.Mail");
        var spool = await SegmentSpool.OpenAsync(settings.Spool, cancel: cancel);
        try
        {
            var journal = JournalConfig.Open(settings.Journal, settings.DataDirectory, settings.Queue.Partitions);
            try
            {
                var config = akka.WithFallback(journal.Config).WithFallback(EngineConfig).WithFallback(SqlPersistence.DefaultConfiguration);
                var setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
                var system = ActorSystem.Create("mta", journal.Setup is { } data ? setup.And(data) : setup);
                return await StartAsync(settings, system, spool, journal, logs, log, cancel);
            }
            catch
            {
                journal.Dispose();
                throw;
            }
        }
        catch
        {
            await spool.DisposeAsync();
            throw;
        }
    }

    private static async Task<MtaNode> StartAsync(
        MtaSettings settings, ActorSystem system, SegmentSpool spool, JournalConfig journal, ILoggerFactory logs, ILogger log, CancellationToken cancel)
    {
        try
        {
            var self = new LocalIdentity(settings.Hostname, [.. settings.Listeners.SelectMany(l => LocalEndpoints.Of(l.Endpoint))]);
            var parts = new DeliveryParts(
                settings, spool, new MxResolver(settings.Dns), new SmtpConnector(settings.Client, logs.CreateLogger<SmtpConnector>()), self, TimeProvider.System, log);
            var egress = system.ActorOf(Props.Create(() => new EgressActor(parts)), "egress");
            var sites = system.ActorOf(Props.Create(() => new SitesActor(parts, egress)), "sites");
            var region = system.ActorOf(
                Props.Create(() => new DeliveryRegionActor(parts, sites, r => BounceActor.Props(parts, r))), "delivery");
            await region.Ask(DeliveryRegionActor.WhenReady.Instance, RecoveryPatience, cancel);

            var node = new MtaNode(settings, system, spool, journal, region, log);
            await node.ListenAsync(new ReceptionParts(settings, spool, region, parts.Depth, parts.Clock, log), logs, cancel);
            return node;
        }
        catch
        {
            await system.Terminate();
            throw;
        }
    }

    /// <summary>Drains and stops: no new mail, attempts under way end (bounded), the journal is written, the spool is closed.</summary>
    public async Task StopAsync()
    {
        if (_stopped) return;
        _stopped = true;
        await Task.WhenAll(_listeners.Select(l => l.DrainAsync()));
        try
        {
            await _region.Ask(PartitionProtocol.Drain.Instance, _settings.Queue.DrainTimeout);
        }
        catch (AskTimeoutException)
        {
            _log.DrainTimedOut(_settings.Queue.DrainTimeout);
        }
        foreach (var listener in _listeners) await listener.DisposeAsync();
        await _system.Terminate();
        if (_keeper is not null) await _keeper.DisposeAsync();
        _journal.Dispose();
        await _spool.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task ListenAsync(ReceptionParts parts, ILoggerFactory logs, CancellationToken cancel)
    {
        var smtp = _system.ActorOf(Props.Create(() => new SmtpActor()), "smtp");
        try
        {
            foreach (var options in _settings.Listeners)
            {
                var listener = await smtp.Ask<IActorRef>(new SmtpActor.Add(options.Name, parts), cancel);
                _listeners.Add(await SmtpListener.StartAsync(
                    options, new ActorSessionFactory(listener), _spool, _settings.Spool.LargeBody, logs.CreateLogger<SmtpListener>()));
            }
        }
        catch
        {
            foreach (var listener in _listeners) await listener.DisposeAsync();
            throw;
        }
    }

    private static readonly Config EngineConfig = ConfigurationFactory.ParseString("""
        akka {
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          coordinated-shutdown.exit-clr = off
          log-dead-letters-during-shutdown = off
          log-dead-letters = 5
        }
        """);
}
