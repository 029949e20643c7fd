using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Events;
using Actors.Mta.IO.Recipients;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Settings;

/// <summary>
/// Everything a node is told, read once from the configuration chain and checked. The rooms below get their own records
/// out of it; nobody else sees HOCON.
/// </summary>
public sealed record MtaSettings
{
    private static readonly TimeSpan LongestHandOver = TimeSpan.FromSeconds(10);

    /// <summary>mta.hostname: our name in greetings, EHLO, Received and notifications.</summary>
    public required string Hostname { get; init; }
    /// <summary>mta.data: absolute path of the directory that holds journal and spool.</summary>
    public required string DataDirectory { get; init; }
    /// <summary>Where programs of this machine leave their mail (`mta sendmail`).</summary>
    public string MaildropDirectory => Path.Combine(DataDirectory, "maildrop");
    /// <summary>All that are configured, also those that are off.</summary>
    public required ImmutableArray<ListenerSettings> Listeners { get; init; }
    /// <summary>Those that are at work.</summary>
    public ImmutableArray<ListenerSettings> EnabledListeners =>
        [.. Listeners.Where(l => l.Enabled == Presence.On || (l.Enabled == Presence.Auto && Auth.CanLogIn))];
    /// <summary>How long a partition that goes to another node waits for deliveries that are under way; its mail waits with it.</summary>
    public TimeSpan HandOverTimeout => Queue.DrainTimeout < LongestHandOver ? Queue.DrainTimeout : LongestHandOver;
    public TlsSettings Tls { get; init; } = new();
    /// <summary>What all listeners share; <see cref="ListenerSettings.PolicyOf"/> adds what each has of its own.</summary>
    public required SessionPolicy Session { get; init; }
    public required RelayPolicy Relay { get; init; }
    public RecipientsOptions Recipients { get; init; } = new();
    public CheckSettings Checks { get; init; } = new();
    public required DnsOptions Dns { get; init; }
    public required ClientOptions Client { get; init; }
    public required DeliverySettings Delivery { get; init; }
    public required RetrySettings Retry { get; init; }
    public required DsnSettings Dsn { get; init; }
    public required QueueSettings Queue { get; init; }
    public required SpoolOptions Spool { get; init; }
    public BodyStoreSettings BodyStore { get; init; } = new(SpoolProvider.Segments, "");
    public ClusterSettings Cluster { get; init; } = new();
    public required JournalSettings Journal { get; init; }
    public InjectionSettings Injection { get; init; } = new(TimeSpan.FromHours(24));
    /// <summary>Octets of memory above which no new mail is taken (mta.memory.soft-limit); 0: four fifths of what there is.</summary>
    public long MemoryLimit { get; init; }
    public required AdminSettings Admin { get; init; }
    public required LogSettings Log { get; init; }
    public AuthSettings Auth { get; init; } = new();
    public required EventLogOptions Events { get; init; }
    public MetricsSettings Metrics { get; init; } = new();
}

/// <summary>mta.delivery: limits per site, routes.</summary>
public sealed record DeliverySettings
{
    public required SiteLimits Default { get; init; }
    /// <summary>mta.delivery.sites: by exchanger host name suffix (".mx.example.test" or a whole name); the longest match of all a site's hosts wins.</summary>
    public ImmutableDictionary<string, SiteLimits> Sites { get; init; } = ImmutableDictionary<string, SiteLimits>.Empty;
    /// <summary>mta.domains.*.route: where the mail of a domain goes instead of its MX. ".example.test" for all below, "*" for every domain.</summary>
    public ImmutableDictionary<string, Route> Routes { get; init; } = ImmutableDictionary<string, Route>.Empty;
    /// <summary>mta.domains.*.tls and ca-file, by the same patterns.</summary>
    public ImmutableDictionary<string, ClientSecurity> Tls { get; init; } = ImmutableDictionary<string, ClientSecurity>.Empty;
    /// <summary>mta.domains.*.user and password: one for each route, with no credentials in it where the route has none.</summary>
    public ImmutableDictionary<string, ClientSecurity> Logins { get; init; } = ImmutableDictionary<string, ClientSecurity>.Empty;
    /// <summary>mta.domains.*.site: limits that a domain brings to its site; the smallest of all its domains counts.</summary>
    public ImmutableDictionary<string, SiteLimits> Domains { get; init; } = ImmutableDictionary<string, SiteLimits>.Empty;
    /// <summary>mta.delivery.port: TCP port of exchangers found by MX; 25.</summary>
    public int Port { get; init; } = 25;
    /// <summary>mta.delivery.max-connections: outbound connections of this node in all.</summary>
    public int MaxConnections { get; init; } = 1000;
    /// <summary>mta.delivery.recipients-per-transaction: RCPTs in one transaction at the most; a peer's own limit may be lower.</summary>
    public int RecipientsPerTransaction { get; init; } = 100;
    /// <summary>mta.delivery.maildir-writers: messages that are written into Maildirs at a time.</summary>
    public int MaildirWriters { get; init; } = 16;
    /// <summary>mta.delivery.in-doubt.</summary>
    public InDoubtPolicy InDoubt { get; init; } = InDoubtPolicy.Retry;
}

/// <summary>mta.retry and mta.domains.*.retry.</summary>
public sealed record RetrySettings(RetrySchedule Default, ImmutableDictionary<string, RetrySchedule> Domains)
{
    /// <summary>The schedule of a domain: its own entry, else the nearest ".parent" entry, else the default.</summary>
    public RetrySchedule For(DomainName domain) => NearestDomain.Find(Domains, domain) ?? Default;
}

/// <summary>mta.dsn.</summary>
public sealed record DsnSettings
{
    /// <summary>Octets up to which RET=FULL returns the whole message; larger ones come back as their header.</summary>
    public int ReturnFullUpTo { get; init; } = 64 * 1024;
    /// <summary>How long failures of one message are gathered into one notification.</summary>
    public TimeSpan CollectFor { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>True: also senders who did not ask with NOTIFY=DELAY hear of a delay.</summary>
    public bool ReportDelays { get; init; }
}

/// <summary>mta.queue.</summary>
public sealed record QueueSettings
{
    /// <summary>Number of partitions; fixed for the life of a data directory.</summary>
    public int Partitions { get; init; } = 1;
    /// <summary>Queued messages in all; above it 452 4.3.1.</summary>
    public int MaxMessages { get; init; } = 5_000_000;
    /// <summary>Enqueue requests that may wait for the journal in a partition; above it 452 4.3.1.</summary>
    public int PendingEnqueues { get; init; } = 5_000;
    /// <summary>Events in one journal row.</summary>
    public int BatchSize { get; init; } = 1_000;
    /// <summary>Journal octets behind a snapshot before a new one is made; a large partition waits for as many octets as it holds.</summary>
    public long SnapshotAfter { get; init; } = 4 * 1024 * 1024;
    /// <summary>How long reception waits for the queue, then 451 4.3.0.</summary>
    public TimeSpan EnqueueTimeout { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>How long stopping waits for attempts that are under way; what is not over then is tried again after the start.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);
    /// <summary>Free octets on the disk of the spool or journal below which reception answers 452 4.3.1.</summary>
    public long MinimumFreeBytes { get; init; } = 256 * 1024 * 1024;
}

/// <summary>mta.journal.</summary>
/// <param name="Provider">"sqlite" or "postgresql".</param>
/// <param name="ConnectionString">Empty for SQLite: journal.db in the data directory.</param>
public sealed record JournalSettings(string Provider, string ConnectionString);

/// <summary>mta.spool.provider and connection-string: where bodies are kept.</summary>
/// <param name="ConnectionString">For PostgreSQL; empty for that of mta.journal.</param>
public sealed record BodyStoreSettings(SpoolProvider Provider, string ConnectionString);

/// <summary>Where bodies are kept.</summary>
public enum SpoolProvider
{
    /// <summary>Files in a directory of this node.</summary>
    Segments,
    /// <summary>A table that all nodes see.</summary>
    Postgresql,
}

/// <summary>mta.admin: the HTTP interface that `mta queue …` talks to.</summary>
/// <param name="TokensFile">Who may ask what; "": whoever reaches it may do everything.</param>
public sealed record AdminSettings(IPEndPoint Endpoint, string TokensFile = "")
{
    /// <summary>mta.admin.tls: certificate and key or neither; with an authority, only clients whose certificate it signed are heard.</summary>
    public PeerTls Tls { get; init; } = new();
}

/// <summary>mta.injection: messages by HTTP.</summary>
/// <param name="KeepKeys">A request that comes again within this time is known by its key.</param>
public sealed record InjectionSettings(TimeSpan KeepKeys);

/// <summary>mta.metrics.</summary>
public sealed record MetricsSettings
{
    /// <summary>Actors are counted by their type: how many there are, what they do, what waits for them.</summary>
    public bool Actors { get; init; } = true;
    public OtlpSettings Otlp { get; init; } = new();
}

/// <summary>mta.metrics.otlp: metrics that are pushed.</summary>
public sealed record OtlpSettings
{
    /// <summary>An http or https URL; null: nothing is pushed.</summary>
    public Uri? Endpoint { get; init; }
    /// <summary>Protobuf over HTTP instead of gRPC.</summary>
    public bool OverHttp { get; init; }
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>mta.log.</summary>
/// <param name="Level">debug, info, warning, error.</param>
/// <param name="Format">text or json.</param>
public sealed record LogSettings(string Level, string Format);
