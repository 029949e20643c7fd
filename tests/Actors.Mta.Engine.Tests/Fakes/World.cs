using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Events;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;
using Akka.Actor;
using Akka.TestKit;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>All that is around the actors under test: spool, resolver, receivers, log, and a clock that moves when it is told to.</summary>
internal sealed class World
{
    /// <summary>Timers of actors fire when <see cref="Advance"/> says so; what is not handled does not fill the output.</summary>
    public const string Config = """
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        akka.loglevel = ERROR
        akka.stdout-loglevel = ERROR
        akka.log-dead-letters = off
        """;

    /// <summary>As above, with the journal and snapshot store of Akka.Persistence.TestKit: in memory, failing on demand.</summary>
    public const string PersistenceConfig = Config + """

        akka.persistence.journal.plugin = "akka.persistence.journal.test"
        akka.persistence.journal.test {
          class = "Akka.Persistence.TestKit.TestJournal, Akka.Persistence.TestKit"
          plugin-dispatcher = "akka.actor.default-dispatcher"
        }
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.test"
        akka.persistence.snapshot-store.test {
          class = "Akka.Persistence.TestKit.TestSnapshotStore, Akka.Persistence.TestKit"
          plugin-dispatcher = "akka.actor.default-dispatcher"
        }
        """;

    private readonly ActorSystem _system;

    public World(ActorSystem system, Func<MtaSettings, MtaSettings>? change = null)
    {
        _system = system;
        var settings = change is null ? Settings() : change(Settings());
        var self = new LocalIdentity(settings.Hostname, []);
        Parts = new DeliveryParts(settings, Spool, Resolver, Connector, self, Clock, Log) { Chance = () => 0.5 };
    }

    /// <summary>Who owns the partitions; alone, the node does.</summary>
    public IOwnership Ownership { init => Parts = Parts with { Ownership = value }; }

    public Clock Clock { get; } = new();
    public MemorySpool Spool { get; } = new();
    public ScriptedResolver Resolver { get; } = new();
    public ScriptedConnector Connector { get; } = new();
    public RecordingLog Log { get; } = new();
    public DeliveryParts Parts { get; private init; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>Moves the clock first, then fires what is due: whoever is woken sees the time for which it asked.</summary>
    public void Advance(TimeSpan time)
    {
        Clock.Advance(time);
        ((TestScheduler)_system.Scheduler).Advance(time);
    }

    public static MtaSettings Settings() => new()
    {
        Hostname = "mta.test",
        DataDirectory = "/nowhere",
        Events = new EventLogOptions("/nowhere/events") { Enabled = false },
        Listeners = [],
        Session = new SessionPolicy("mta.test", new SessionLimits()),
        Relay = new RelayPolicy([IPNetwork.Parse("127.0.0.0/8")], ["here.test"]),
        Dns = new DnsOptions(),
        Client = new ClientOptions("mta.test"),
        Delivery = new DeliverySettings { Default = new SiteLimits() },
        Retry = new RetrySettings(new RetrySchedule { Jitter = 0 }, ImmutableDictionary<string, RetrySchedule>.Empty),
        Dsn = new DsnSettings(),
        Queue = new QueueSettings { Partitions = 1 },
        Spool = new SpoolOptions("/nowhere"),
        Journal = new JournalSettings("sqlite", ""),
        Admin = new AdminSettings(new IPEndPoint(IPAddress.Loopback, 0)),
        Log = new LogSettings("info", "text"),
    };
}

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class Clock : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private long _ticks = Start.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}

/// <summary>Answers what it was told; every other domain has one exchanger of its own.</summary>
internal sealed class ScriptedResolver : IMxResolver
{
    private readonly Dictionary<string, MxAnswer> _answers = [];
    private int _asked;

    public int Asked => Volatile.Read(ref _asked);

    public MxAnswer this[string domain]
    {
        set { lock (_answers) _answers[domain] = value; }
    }

    public static MxAnswer.Hosts Hosts(params string[] names) =>
        new([.. names.Select(n => new MxHost(n, 10, [IPAddress.Parse("192.0.2.1")]))], false, TimeSpan.FromHours(1));

    public Task<MxAnswer> ResolveMxAsync(DomainName domain, CancellationToken cancel)
    {
        Interlocked.Increment(ref _asked);
        lock (_answers) return Task.FromResult(_answers.GetValueOrDefault(domain.Value) ?? Hosts($"mx.{domain}"));
    }

    public Task<MxAnswer> ResolveHostAsync(string host, CancellationToken cancel) => Task.FromResult<MxAnswer>(Hosts(host));
}
