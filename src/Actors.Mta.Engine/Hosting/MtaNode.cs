using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Events;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Engine.Bounces;
using Actors.Mta.Engine.Checks;
using Actors.Mta.Engine.Cluster;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Events;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Engine.Recipients;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Events;
using Actors.Mta.IO.Local;
using Actors.Mta.IO.Maildrop;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;
using Actors.Mta.IO.Spool.Postgres;
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
    private const string SystemName = "mta";
    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromMinutes(10);
    private const int QuestionsOfStrangers = 4096;
    /// <summary>An answer from another node comes within milliseconds, unless that node is gone.</summary>
    private static readonly TimeSpan AskAgainInCluster = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WarmUpPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GreylistPatience = TimeSpan.FromSeconds(5);

    private readonly MtaSettings _settings;
    private readonly ActorSystem _system;
    private readonly ISpool _spool;
    private readonly JournalConfig _journal;
    private readonly JournalKeeper? _keeper;
    private readonly IActorRef _region;
    private readonly NodeServices _services;
    private readonly IActorRef? _greylist;
    private readonly IActorRef? _pickup;
    private readonly ClusterMembership? _membership;
    private readonly NodeMeter _meter;
    private readonly ReceptionParts _reception;
    private readonly ILogger _log;
    private readonly List<ISmtpListener> _listeners = [];
    private readonly MemoryWatch _memory;
    private readonly DispatcherWatch _dispatchers;
    private IRequestKeys? _requests;
    private bool _stopped;

    private MtaNode(
        MtaSettings settings, ActorSystem system, ISpool spool, JournalConfig journal, IActorRef region, NodeServices services,
        IActorRef? greylist, IActorRef? pickup, ClusterMembership? membership, IActorRef trace, NodeMeter meter, ReceptionParts reception, MemoryWatch memory, ILogger log)
    {
        (_reception, _memory) = (reception, memory.Start());
        (_settings, _system, _spool, _journal, _region, _log) = (settings, system, spool, journal, region, log);
        (_services, _greylist, _pickup, _membership, _meter) = (services, greylist, pickup, membership, meter);
        _dispatchers = DispatcherWatch.Of(system, log).Start();
        _keeper = journal.File is { } file ? new JournalKeeper(file, log).Start() : null;
        Cluster = membership is null ? null : new ClusterView(system, membership);
        Queue = new QueueView(system, region, settings.Queue.Partitions);
        Trace = new Traces(system, trace, settings.Hostname, membership is not null);
    }

    /// <summary>In the order of <see cref="MtaSettings.EnabledListeners"/>.</summary>
    public IReadOnlyList<ISmtpListener> Listeners => _listeners;

    /// <summary>True when there is a certificate for incoming TLS.</summary>
    /// <summary>What failed here a moment ago, newest first; nothing without mta.events.</summary>
    public IReadOnlyList<MailEvent> Failures => _reception.Events.Failures.Newest;

    public DialogueTap Dialogues => _services.Dialogues;

    public bool Encrypts => _services.Encryption.Certificates is not null;

    public IQueueView Queue { get; }

    public ITraceView Trace { get; }

    /// <summary>Null on a node without the role of reception.</summary>
    public IInjector? Injector { get; private set; }

    /// <summary>Null when this node takes mail; else why it does not: no disk, too much mail, stopping, or its listeners are not open yet.</summary>
    public string? WhyNotReady =>
        _stopped ? "the node is stopping"
        : _system.WhenTerminated.IsCompleted ? "the actor system has ended"
        : _reception.Busy() is { } busy ? busy.Text
        : _settings.Cluster.Has(NodeRole.Reception) && _listeners.Count == 0 ? "its listeners are not open yet"
        : null;

    /// <summary>Null on a node that works alone.</summary>
    public IClusterView? Cluster { get; }

    /// <summary>Domains whose mail ends at this node.</summary>
    public IEnumerable<DomainName> LocalDomains => _services.Books.Current.LocalDomains;

    /// <summary>Reads certificates, users, domains, mailboxes and aliases again; takes seconds when the files are very large.</summary>
    public IReadOnlyList<ReloadLine> Reload() => _services.Reload();

    /// <summary>Writes into the event log what somebody did, or was refused, by the admin interface.</summary>
    /// <param name="messages">To which it was done; null: it is not about messages.</param>
    public void Administered(string what, string? user, string client, int? messages, string? refusal) =>
        _reception.Events.Administered(what, user, client, messages, refusal, TimeProvider.System.GetUtcNow());

    /// <summary>Completes when the actor system has ended, for whatever reason.</summary>
    public Task WhenTerminated => _system.WhenTerminated;

    /// <summary>Starts a node; completes when it listens.</summary>
    /// <param name="akka">Configuration of the actor system that is stronger than what the engine brings.</param>
    /// <exception cref="IOException">The data directory is not usable or in use, or a port is taken.</exception>
    public static async Task<MtaNode> StartAsync(MtaSettings settings, Config akka, ILoggerFactory logs, CancellationToken cancel)
    {
        CreateDataDirectory(settings.DataDirectory);
        PartitionCount.Check(settings.DataDirectory, settings.Queue.Partitions);
        var log = logs.CreateLogger("Actors.Mta.Mail");
        var opened = new Stack<IAsyncDisposable>();
        try
        {
            var services = await NodeServices.OpenAsync(settings, TimeProvider.System, log);
            opened.Push(services);
            var spool = await OpenSpoolAsync(settings, cancel);
            opened.Push(spool);
            var membership = settings.Cluster.Enabled ? await ClusterMembership.OpenAsync(settings, log, cancel) : null;
            if (membership is not null) opened.Push(membership);
            var journal = await JournalConfig.OpenAsync(settings.Journal, settings.DataDirectory, settings.Queue.Partitions, cancel);
            opened.Push(new Disposal(journal));
            var config = akka.WithFallback(journal.Config).WithFallback(EngineConfig);
            if (settings.Metrics.Actors) config = config.WithFallback(ActorMetricsConfig);
            if (membership is not null) config = config.WithFallback(ClusterConfig.Build(settings));
            var setup = journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config.WithFallback(SqlPersistence.DefaultConfiguration))));
            if (settings.Cluster is { Enabled: true, Tls.On: true }) setup = setup.And(ClusterTlsSetup.Read(settings.Cluster.Tls));
            var system = ActorSystem.Create(SystemName, setup);
            return await StartAsync(settings, system, spool, journal, services, membership, logs, log, cancel);
        }
        catch
        {
            while (opened.TryPop(out var one)) await one.DisposeAsync();
            throw;
        }
    }

    private static async Task<ISpool> OpenSpoolAsync(MtaSettings settings, CancellationToken cancel)
    {
        if (settings.BodyStore.Provider == SpoolProvider.Segments) return await SegmentSpool.OpenAsync(settings.Spool, cancel: cancel);
        var connection = settings.BodyStore.ConnectionString;
        return await PostgresSpool.OpenAsync(settings.Spool, connection.Length > 0 ? connection : settings.Journal.ConnectionString, cancel);
    }

    /// <summary>Others may pass through it to the maildrop, but see nothing in it; spool and journal are the node's alone.</summary>
    private static void CreateDataDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else
        {
            Directory.CreateDirectory(
                path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    private static async Task<MtaNode> StartAsync(
        MtaSettings settings, ActorSystem system, ISpool spool, JournalConfig journal, NodeServices services, ClusterMembership? membership,
        ILoggerFactory logs, ILogger log, CancellationToken cancel)
    {
        try
        {
            var self = new LocalIdentity(settings.Hostname, [.. settings.EnabledListeners.SelectMany(l => LocalEndpoints.Of(l.Options.Endpoint))]);
            var resolver = new MxResolver(settings.Dns);
            var maildirs = new MaildirOptions(settings.Hostname) { Writers = settings.Delivery.MaildirWriters };
            var connector = TransportConnector.For(settings.Client, maildirs, TimeProvider.System, logs, services.Dialogues);
            var recorder = services.Events is { } events ? new EventRecorder(events, settings.Hostname) : EventRecorder.Off;
            var trace = system.ActorOf(ActorProps.Of(() => new TraceActor(services.Events, settings.Events.Directory)), TraceActor.Name);
            foreach (var hook in services.Events is null ? [] : settings.Events.Webhooks)
            {
                system.ActorOf(
                    ActorProps.Of(() => new WebhookActor(hook, settings.Events.Directory, new WebhookClient(hook, settings.Hostname), TimeProvider.System, log)), $"webhook-{hook.Name}");
            }
            var parts = new DeliveryParts(settings, spool, resolver, connector, self, TimeProvider.System, log)
            {
                BookRouteOf = domain => services.Books.Current.RouteOf(domain),
                Events = recorder,
                Ownership = (IOwnership?)membership?.Lease ?? SoleOwner.Instance,
            };
            if (settings.Metrics.Actors)
            {
                ActorMeter.Begin();
                system.ActorOf(ActorProps.Of(() => new DeadLetterActor()), "dead-letters");
            }
            var ledgers = settings.Cluster is { Enabled: true } cluster && cluster.Has(NodeRole.Delivery) ? LedgersOf(system, cluster) : null;
            var egress = system.ActorOf(ActorProps.Of(() => new EgressActor(parts)), "egress");
            var sites = system.ActorOf(ActorProps.Of(() => new SitesActor(parts, egress, ledgers)), "sites");
            var region = system.ActorOf(
                membership is null
                    ? ActorProps.Of(() => new DeliveryRegionActor(parts, sites, r => BounceActor.Props(parts, r)))
                    : ActorProps.Of(() => new ShardedRegionActor(parts, sites, r => BounceActor.Props(parts, r), settings.Cluster.Has(NodeRole.Delivery))),
                "delivery");
            if (membership is not null)
            {
                if (settings.Cluster.Has(NodeRole.Delivery)) await WarmUpAsync(system, membership.Node, log);
                await membership.JoinAsync(system, cancel);
            }
            await region.Ask(DeliveryRegionActor.WhenReady.Instance, RecoveryPatience, cancel);
            if (spool is ISharedSpool shared) system.ActorOf(ActorProps.Of(() => new BodySweepActor(parts, shared, region)), "sweep");

            var greylist = settings.Checks.Greylist is { Action: not CheckAction.Off, Policy: var policy }
                ? system.ActorOf(GreylistActor.Supervised(policy, TimeProvider.System, log), "greylist")
                : null;
            var memory = new MemoryWatch(MemoryWatch.LimitOf(settings.MemoryLimit), spool, MemoryWatch.UsedNow, log);
            var reception = ReceptionOf(settings, spool, region, parts.Depth, services, greylist, log) with { Events = recorder, IsShortOfMemory = () => memory.IsShort };
            var pickup = settings.Cluster.Has(NodeRole.Reception) ? PickUp(system, services, reception) : null;
            var node = new MtaNode(settings, system, spool, journal, region, services, greylist, pickup, membership, trace, new NodeMeter(parts.Depth, () => spool.Status, services.Events is { } written ? () => written.Dropped : null), reception, memory, log);
            try
            {
                if (settings.Cluster.Has(NodeRole.Reception)) await node.OpenInjectorAsync();
                await node.ListenAsync(reception, logs, cancel);
                return node;
            }
            catch
            {
                if (node._keeper is not null) await node._keeper.DisposeAsync();
                if (node._requests is not null) await node._requests.DisposeAsync();
                await node._memory.DisposeAsync();
                node._dispatchers.Dispose();
                throw;
            }
        }
        catch
        {
            ShutdownGate.Get(system).Open();
            await system.Terminate();
            throw;
        }
    }

    /// <summary>So that this node's first partitions do not wait for what every program does slowly when it does it first.</summary>
    private static async Task WarmUpAsync(ActorSystem system, string node, ILogger log)
    {
        var actor = system.ActorOf(ActorProps.Of(() => new JournalWarmUp(node)), "warm-up");
        try
        {
            await actor.Ask(JournalWarmUp.Run.Instance, WarmUpPatience);
        }
        catch (AskTimeoutException e)
        {
            // No reason not to run: partitions that find the journal so will say so, and try again.
            log.LogWarning(e, "the journal has not answered within {Seconds} s; the node starts without having gone through it", WarmUpPatience.TotalSeconds);
        }
    }

    private static SiteLedgers LedgersOf(ActorSystem system, ClusterSettings cluster) => new(
        SiteShards.Start(system, cluster.SiteLease, TimeProvider.System), cluster.SiteLease,
        limit => cluster.OnPartition == OnPartition.Freeze ? 0 : ClusterView.ShareOf(system, limit));

    private static ReceptionParts ReceptionOf(
        MtaSettings settings, ISpool spool, IActorRef region, QueueDepth depth, NodeServices services, IActorRef? greylist, ILogger log)
    {
        // Not the resolver of the deliveries: what strangers make us ask must not keep our own mail waiting.
        var resolver = new MxResolver(settings.Dns, mostWaiting: QuestionsOfStrangers);
        var clients = new ClientLookup(settings.Dns, mostWaiting: QuestionsOfStrangers);
        return new ReceptionParts(settings, spool, region, depth, TimeProvider.System, log)
        {
            AskAgainAfter = settings.Cluster.Enabled ? AskAgainInCluster : settings.Queue.EnqueueTimeout,
            Authenticator = services.Authentication.Authenticator,
            Quotas = services.Authentication.Quotas,
            Decide = (recipient, trusted) => services.Books.Current.Decide(recipient, trusted),
            Checks = new ReceptionChecks(new CheckParts(
                settings.Checks, settings.Hostname, d => services.Books.Current.RoleOf(d) == DomainRole.Local, resolver, clients,
                greylist, TimeProvider.System, log)),
        };
    }

    /// <summary>What programs of this machine drop is taken from here on.</summary>
    /// <exception cref="IOException">The maildrop cannot be made.</exception>
    private static IActorRef PickUp(ActorSystem system, NodeServices services, ReceptionParts reception)
    {
        var maildrop = new MaildropDirectory(reception.Settings.MaildropDirectory);
        if (!maildrop.Create()) reception.Log.MaildropForOwnAccount(maildrop.Path);
        var parts = new PickupParts(
            reception, maildrop, reception.Settings.Session.Limits, recipient => services.Books.Current.Decide(recipient, trusted: true));
        return system.ActorOf(PickupActor.Props(parts), "pickup");
    }

    /// <summary>Drains and stops: no new mail, attempts under way end (bounded), the journal is written, the spool is closed.</summary>
    public async Task StopAsync()
    {
        if (_stopped) return;
        _stopped = true;
        // What it has spooled and not queued stays in the maildrop, for the next start.
        if (_pickup is not null) _system.Stop(_pickup);
        // Without actors no session ends what it is at: it would only be waited for.
        if (!_system.WhenTerminated.IsCompleted) await Task.WhenAll(_listeners.Select(l => l.DrainAsync()));
        if (_membership is null) await DrainAsync();
        else await _membership.LeaveAsync(_system);
        foreach (var listener in _listeners) await listener.DisposeAsync();
        await SaveGreylistAsync();
        _dispatchers.Dispose();
        ShutdownGate.Get(_system).Open();
        await _system.Terminate();
        if (_membership is not null) await _membership.DisposeAsync();
        if (_keeper is not null) await _keeper.DisposeAsync();
        if (_requests is not null) await _requests.DisposeAsync();
        await _memory.DisposeAsync();
        _journal.Dispose();
        _meter.Dispose();
        await _spool.DisposeAsync();
        await _services.DisposeAsync();
    }

    private async Task DrainAsync()
    {
        try
        {
            await _region.Ask(PartitionProtocol.Drain.Instance, _settings.Queue.DrainTimeout);
        }
        catch (AskTimeoutException)
        {
            _log.DrainTimedOut(_settings.Queue.DrainTimeout);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task SaveGreylistAsync()
    {
        if (_greylist is null) return;
        try
        {
            await _greylist.Ask(GreylistActor.WhenWritten.Instance, GreylistPatience);
        }
        catch (AskTimeoutException e)
        {
            // What it forgets costs some clients one more attempt.
            _log.LogWarning(e, "the greylist was not written in time");
        }
    }

    /// <exception cref="IOException">The keys of requests cannot be kept.</exception>
    private async Task OpenInjectorAsync()
    {
        var keep = _settings.Injection.KeepKeys;
        _requests = _settings.Journal.Provider == "postgresql"
            ? SqlRequestKeys.ForPostgres(_settings.Journal.ConnectionString, keep)
            : await SqlRequestKeys.OpenSqliteAsync(Path.Combine(_settings.DataDirectory, "requests.db"), keep);
        Injector = new Injector(_system, _reception, _requests);
    }

    private async Task ListenAsync(ReceptionParts parts, ILoggerFactory logs, CancellationToken cancel)
    {
        var smtp = _system.ActorOf(ActorProps.Of(() => new SmtpActor()), "smtp");
        try
        {
            foreach (var settings in _settings.Cluster.Has(NodeRole.Reception) ? _settings.EnabledListeners : [])
            {
                var policy = settings.PolicyOf(_settings.Session, _settings.Auth.Offered, Encrypts);
                var actor = await smtp.Ask<IActorRef>(new SmtpActor.Add(settings.Options.Name, policy, parts), cancel);
                var options = _services.Encryption.Equip(settings) with { TrustedNetworks = _settings.Relay.Networks };
                _listeners.Add(await SmtpListener.StartAsync(
                    options, new ActorSessionFactory(actor), _spool, _settings.Spool.LargeBody, logs.CreateLogger<SmtpListener>(), _services.Dialogues));
            }
        }
        catch
        {
            foreach (var listener in _listeners) await listener.DisposeAsync();
            throw;
        }
    }

    private sealed class Disposal(IDisposable one) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            one.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private static readonly Config ActorMetricsConfig = ConfigurationFactory.ParseString($$"""
        akka.actor {
          default-mailbox.mailbox-type = "{{typeof(MeasuredMailbox).FullName}}, Actors.Mta.Engine"
          mailbox.unbounded-deque-based.mailbox-type = "{{typeof(MeasuredDequeMailbox).FullName}}, Actors.Mta.Engine"
          mailbox.unbounded-queue-based.mailbox-type = "{{typeof(MeasuredMailbox).FullName}}, Actors.Mta.Engine"
        }
        """);

    private static readonly Config EngineConfig = ConfigurationFactory.ParseString("""
        akka {
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          coordinated-shutdown.exit-clr = off
          log-dead-letters-during-shutdown = off
          log-dead-letters = 5
          # Every timer here is one of tenths of seconds at least. Akka's 10 ms keep an idle node at 4 % of a processor, these under 1 %.
          scheduler.tick-duration = 50ms
        }
        """);
}
