using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Events;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Events;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Settings;

/// <summary>
/// Turns the merged tree into <see cref="MtaSettings"/>. Reading is also the list of keys that exist: what is asked for here
/// is known, anything else under mta is refused. Problems are gathered in the notes; with a fatal one among them the result
/// must not be used.
/// </summary>
internal static class SettingsReader
{
    private const int DnsPort = 53;

    public static MtaSettings Read(ConfigSection root)
    {
        var mta = root.Section("mta");
        var hostname = ReadHostname(mta);
        var data = Path.GetFullPath(Required(mta, "data", "a directory"));
        var limits = ReadSessionLimits(mta.Section("smtp").Section("server"));
        var domains = DomainsReader.Read(mta);
        var settings = new MtaSettings
        {
            Hostname = hostname,
            DataDirectory = data,
            Listeners = ListenersReader.Read(mta, hostname, limits),
            Tls = ReadTls(mta.Section("tls")),
            Session = ReadSession(mta.Section("smtp").Section("server"), hostname, limits) with { Tags = ReadTags(mta.Section("tags")) },
            Relay = RelayReader.Read(mta.Section("relay")),
            Recipients = RecipientsReader.Read(mta.Section("recipients")),
            Checks = ChecksReader.Read(mta.Section("checks")),
            Dns = ReadDns(mta.Section("dns")),
            Client = ReadClient(mta.Section("smtp").Section("client"), hostname),
            Delivery = domains.Delivery,
            Retry = domains.Retry,
            Dsn = ReadDsn(mta.Section("dsn")),
            Queue = ReadQueue(mta.Section("queue")),
            Spool = ReadSpool(mta.Section("spool"), data),
            BodyStore = new BodyStoreSettings(
                mta.Section("spool").Choice("provider", ("segments", SpoolProvider.Segments), ("postgresql", SpoolProvider.Postgresql)),
                mta.Section("spool").Text("connection-string", "an ADO.NET connection string, or \"\" for that of mta.journal")),
            Cluster = ClusterReader.Read(mta.Section("cluster")),
            Journal = new JournalSettings(
                mta.Section("journal").Choice("provider", ("sqlite", "sqlite"), ("postgresql", "postgresql")),
                mta.Section("journal").Text("connection-string", "an ADO.NET connection string, or \"\"")),
            Auth = AuthReader.Read(mta.Section("auth")),
            Events = ReadEvents(mta.Section("events"), data),
            Injection = new InjectionSettings(mta.Section("injection").Duration("keep-keys", TimeSpan.FromMinutes(1))),
            MemoryLimit = mta.Section("memory").Size("soft-limit"),
            Metrics = new MetricsSettings { Actors = mta.Section("metrics").Switch("actors"), Otlp = ReadOtlp(mta.Section("metrics").Section("otlp")) },
            Admin = ReadAdmin(mta.Section("admin")),
            Log = new LogSettings(
                mta.Section("log").Choice("level", ("debug", "debug"), ("info", "info"), ("warning", "warning"), ("error", "error")),
                mta.Section("log").Choice("format", ("text", "text"), ("json", "json"))),
        };
        ListenersReader.Check(mta, settings.EnabledListeners, settings.Tls);
        ClusterReader.Check(mta, settings);
        if (settings.BodyStore is { Provider: SpoolProvider.Postgresql, ConnectionString.Length: 0 } && settings.Journal.Provider != "postgresql")
            mta.Section("spool").Problem("connection-string", "is needed: mta.journal has none for PostgreSQL");
        return settings;
    }

    private static string ReadHostname(ConfigSection mta)
    {
        var text = mta.Text("hostname", "a host name, or \"\" for this machine's name");
        if (text.Length == 0) return MachineName();
        if (DomainName.TryParse(text, out var name)) return name.Value;
        mta.Problem("hostname", $"takes a host name such as mx1.example.test, not \"{text}\"");
        return "localhost";
    }

    /// <summary>The machine's name, when it is one that may stand in EHLO (RFC 5321 4.1.1.1).</summary>
    private static string MachineName() =>
        DomainName.TryParse(Environment.MachineName, out var name) && !name.IsLiteral ? name.Value : "localhost";

    private static AdminSettings ReadAdmin(ConfigSection admin)
    {
        var settings = new AdminSettings(ReadEndpoint(admin), admin.Text("tokens-file", "a file, or \"\"")) { Tls = PeerTls.Read(admin.Section("tls")) };
        var tls = settings.Tls;
        if (tls.On != tls.Key.Length > 0 || tls.Authority.Length > 0 && !tls.On) admin.Problem("tls", "needs certificate and key before all else");
        if (IPAddress.IsLoopback(settings.Endpoint.Address)) return settings;
        if (settings.TokensFile.Length == 0 && tls.Authority.Length == 0)
            admin.Problem("address", $"{settings.Endpoint.Address} can be reached from elsewhere, and without tokens-file or tls.authority whoever reaches it may do everything", fatal: false);
        else if (!tls.On)
            admin.Problem("tls", "has no certificate: tokens, and what is answered, can be read on their way", fatal: false);
        return settings;
    }

    private static IPEndPoint ReadEndpoint(ConfigSection section) => new(section.Address("address"), section.Port("port"));

    private static TlsSettings ReadTls(ConfigSection tls) => new()
    {
        Certificates = [.. tls.Entries("certificates").Select(ReadCertificate)],
        SelfSigned = tls.Switch("self-signed"),
        ReloadEvery = tls.Duration("reload-every", TimeSpan.FromSeconds(1)),
        Handshakes = tls.Whole("handshakes", 0, 10_000),
    };

    private static CertificateFiles ReadCertificate(ConfigSection section) => new(
        Required(section, "certificate", "a PEM or PFX file"),
        section.OptionalText("key", "a PEM file") ?? "",
        section.OptionalText("password", "the password of the key or PFX file") ?? "");

    private static SessionLimits ReadSessionLimits(ConfigSection server) => new()
    {
        // RFC 5321 4.5.3.1: the least that any implementation must take.
        CommandLine = server.Whole("command-line", 512, 1024 * 1024),
        TextLine = server.Whole("text-line", 0),
        Recipients = server.Whole("recipients", 100),
        MessageSize = server.Size("message-size", 64 * 1024),
        Transactions = server.Whole("transactions"),
        Errors = server.Whole("errors"),
        IdleCommands = server.Whole("idle-commands"),
        Hops = server.Whole("hops"),
        HeaderSize = (int)server.Size("header-size", 0, int.MaxValue),
    };

    private static SessionPolicy ReadSession(ConfigSection server, string hostname, SessionLimits limits)
    {
        if (limits.TextLine is > 0 and < 1000)
            server.Problem("text-line", "is below 1000 octets, which every host must accept (RFC 5321 4.5.3.1.6)", fatal: false);
        return new SessionPolicy(hostname, limits)
        {
            Banner = ReadBanner(server),
            BareNewline = server.Choice("bare-newline", ("refuse", BareNewline.Refuse), ("normalise", BareNewline.Normalise)),
            Disabled = ReadDisabledExtensions(server),
        };
    }

    private static TagFields ReadTags(ConfigSection tags) => new(ReadField(tags, "tenant-header"), ReadField(tags, "campaign-header"));

    private static string ReadField(ConfigSection tags, string key)
    {
        var name = tags.Text(key, "the name of a header field, or \"\"");
        // RFC 5322 3.6.8, ftext.
        if (name.Length > 64 || name.Any(c => c is <= ' ' or > '~' or ':')) tags.Problem(key, $"takes the name of a header field such as X-Campaign, not \"{name}\"");
        return name;
    }

    private static string ReadBanner(ConfigSection server)
    {
        var banner = server.Text("banner", "text of the greeting");
        if (banner.Length <= 400 && banner.All(c => c is >= ' ' and <= '~')) return banner;
        server.Problem("banner", "goes out in the greeting and may hold up to 400 printable ASCII characters only");
        return "";
    }

    private static ImmutableHashSet<string> ReadDisabledExtensions(ConfigSection server)
    {
        string[] known = ["PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING", "DSN", "LIMITS"];
        var disabled = server.Texts("disabled-extensions", "a list of " + string.Join(", ", known))
            .Select(e => e.ToUpperInvariant()).ToImmutableHashSet(StringComparer.Ordinal);
        foreach (var extension in disabled.Except(known))
        {
            var nearest = NearestKey.Of(extension, known);
            server.Problem("disabled-extensions", $"names {extension}, which this server does not have"
                + (nearest is null ? "" : $"; did you mean {nearest}?"));
        }
        return disabled;
    }

    private static DnsOptions ReadDns(ConfigSection dns)
    {
        var options = new DnsOptions
        {
            Servers = dns.Endpoints("servers", DnsPort),
            Timeout = dns.Duration("timeout", TimeSpan.FromMilliseconds(10)),
            Retries = dns.Whole("retries", 0, 10),
            MinimumTtl = dns.Duration("minimum-ttl"),
            MaximumTtl = dns.Duration("maximum-ttl"),
            NegativeTtl = dns.Duration("negative-ttl"),
            IPv6 = dns.Switch("ipv6"),
            CacheEntries = dns.Whole("cache-entries"),
        };
        if (options.MinimumTtl > options.MaximumTtl) dns.Problem("minimum-ttl", "is longer than mta.dns.maximum-ttl");
        return options;
    }

    private static ClientOptions ReadClient(ConfigSection client, string hostname)
    {
        var timeouts = client.Section("timeouts");
        var least = TimeSpan.FromMilliseconds(100);
        return new ClientOptions(hostname)
        {
            Connect = timeouts.Duration("connect", least),
            Greeting = timeouts.Duration("greeting", least),
            Command = timeouts.Duration("command", least),
            DataInitiation = timeouts.Duration("data-initiation", least),
            DataBlock = timeouts.Duration("data-block", least),
            AfterDot = timeouts.Duration("after-dot", least),
            Quit = timeouts.Duration("quit", least),
            Tls = client.Choice("tls", RouteSecurityReader.TlsModes),
            Chunking = client.Switch("chunking"),
            Source = client.AddressOrNone("source"),
        };
    }

    private static DsnSettings ReadDsn(ConfigSection dsn) => new()
    {
        ReturnFullUpTo = (int)dsn.Size("return-full-up-to", 0, int.MaxValue),
        CollectFor = dsn.Duration("collect-for"),
        ReportDelays = dsn.Switch("report-delays"),
    };

    private static QueueSettings ReadQueue(ConfigSection queue) => new()
    {
        Partitions = queue.Whole("partitions", 1, 1024),
        MaxMessages = queue.Whole("max-messages"),
        PendingEnqueues = queue.Whole("pending-enqueues"),
        BatchSize = queue.Whole("batch-size"),
        SnapshotAfter = queue.Size("snapshot-after", 64 * 1024),
        EnqueueTimeout = queue.Duration("enqueue-timeout", TimeSpan.FromSeconds(1)),
        DrainTimeout = queue.Duration("drain-timeout"),
        MinimumFreeBytes = queue.Size("minimum-free-bytes"),
    };

    private static SpoolOptions ReadSpool(ConfigSection spool, string data)
    {
        var directory = spool.Text("directory", "a directory, or \"\" for spool in mta.data");
        return new SpoolOptions(directory.Length == 0 ? Path.Combine(data, "spool") : Path.GetFullPath(directory))
        {
            SegmentBytes = spool.Size("segment-bytes", 64 * 1024),
            LargeBody = (int)spool.Size("large-body", 4 * 1024, 256 * 1024 * 1024),
            CacheBytes = spool.Size("cache-bytes"),
            CompactBelow = spool.Fraction("compact-below"),
            PendingBytes = (int)spool.Size("pending-bytes", 1024 * 1024, int.MaxValue),
        };
    }

    private static EventLogOptions ReadEvents(ConfigSection events, string data)
    {
        var directory = events.Text("directory", "a directory, or \"\" for events in mta.data");
        return new EventLogOptions(directory.Length == 0 ? Path.Combine(data, "events") : Path.GetFullPath(directory))
        {
            Enabled = events.Switch("enabled"),
            FileBytes = events.Size("file-bytes", 64 * 1024),
            KeepBytes = events.Size("keep-bytes"),
            Webhook = ReadWebhook(events.Section("webhook")),
            Webhooks = ReadWebhooks(events),
        };
    }

    private static OtlpSettings ReadOtlp(ConfigSection otlp)
    {
        var text = otlp.Text("endpoint", "an http or https URL, or \"\"");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            endpoint = null;
            if (text.Length > 0) otlp.Problem("endpoint", $"takes an http or https URL such as http://127.0.0.1:4317, not \"{text}\"");
        }
        return new OtlpSettings { Endpoint = endpoint, OverHttp = otlp.Choice("protocol", ("grpc", false), ("http", true)), Every = otlp.Duration("every", TimeSpan.FromSeconds(1)) };
    }

    private static ImmutableArray<WebhookOptions> ReadWebhooks(ConfigSection events)
    {
        var usual = events.Section("webhook");
        return
        [
            .. events.Entries("webhooks", _ => usual).Select(hook =>
            {
                var url = Required(hook, "url", "an http or https URL");
                if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
                    hook.Problem("url", $"takes an http or https URL, not \"{url}\"");
                if (hook.Name != DomainPattern.Everything && !hook.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                    hook.Problem("has a name with other characters than letters, digits, - and _");
                return new WebhookOptions(hook.Name, parsed ?? new Uri("http://localhost/"), hook.OptionalText("secret", "text") ?? "", ReadWebhook(hook));
            }),
        ];
    }

    private static WebhookRequests ReadWebhook(ConfigSection hook)
    {
        var kinds = hook.Texts("events", "a list of " + string.Join(", ", MailEvents.All));
        foreach (var kind in kinds.Where(k => !MailEvents.All.Contains(k))) hook.Problem("events", $"names {kind}, which is none of {string.Join(", ", MailEvents.All)}");
        return new WebhookRequests { Events = kinds, Batch = hook.Whole("batch", 1, 10_000), Timeout = hook.Duration("timeout", TimeSpan.FromMilliseconds(100)) };
    }

    private static string Required(ConfigSection section, string key, string values)
    {
        var text = section.Text(key, values);
        if (text.Length > 0) return text;
        section.Problem(key, $"is empty; it takes {values}");
        return ".";
    }
}
