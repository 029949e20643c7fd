using System.Collections.Immutable;
using System.Globalization;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Events;
using Actors.Mta.IO.Recipients;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Tests.Settings;

/// <summary>Keys, their defaults in the reference, and members of the settings records belong together, in both directions.</summary>
public sealed class SettingsParityTests
{
    /// <summary>Other values for keys whose kind does not suggest one.</summary>
    private static readonly Dictionary<string, string> OtherTexts = new()
    {
        ["mta.hostname"] = "mx9.example.test",
        ["mta.data"] = "other-data",
        ["mta.smtp.server.banner"] = "other banner",
        ["mta.smtp.server.disabled-extensions"] = "[CHUNKING]",
        ["mta.listeners.*.tenant"] = "acme",
        ["mta.tags.tenant-header"] = "X-Tenant",
        ["mta.tags.campaign-header"] = "X-Campaign",
        ["mta.relay.domains"] = "[example.test]",
        ["mta.recipients.domains"] = "[domains]",
        ["mta.recipients.mailboxes"] = "[mailboxes]",
        ["mta.recipients.aliases"] = "[aliases]",
        ["mta.recipients.subaddress"] = "\"-\"",
        ["mta.recipients.postmaster"] = "admin@example.test",
        ["mta.checks.dns-lists.codes"] = "[\"127.0.0.2\"]",
        ["mta.checks.dns-lists.lists.*.codes"] = "[\"127.0.0.2\"]",
        ["mta.domains.*.route"] = "\"[192.0.2.9]:26\"",
        ["mta.domains.*.ca-file"] = "/etc/mta/ca.pem",
        ["mta.domains.*.user"] = "alice",
        ["mta.domains.*.password"] = "sesame",
        ["mta.tls.certificates.*.certificate"] = "other.pem",
        ["mta.tls.certificates.*.key"] = "other.key",
        ["mta.tls.certificates.*.password"] = "sesame",
        ["mta.events.directory"] = "other-events",
        ["mta.events.webhook.events"] = "[bounce]",
        ["mta.events.webhooks.*.events"] = "[bounce]",
        ["mta.events.webhooks.*.url"] = "\"http://other.test/hook\"",
        ["mta.events.webhooks.*.secret"] = "sesame",
        ["mta.admin.tokens-file"] = "other-tokens",
        ["mta.metrics.otlp.endpoint"] = "\"http://127.0.0.1:4317\"",
        ["mta.spool.directory"] = "other-spool",
        ["mta.spool.connection-string"] = "other",
        ["mta.journal.connection-string"] = "other",
        ["mta.cluster.public-address"] = "mx1.example.test",
        ["mta.cluster.seeds"] = "[\"192.0.2.1:2550\"]",
        ["mta.cluster.roles"] = "[reception]",
        ["mta.admin.tls.certificate"] = "node.pem",
        ["mta.admin.tls.key"] = "node.key",
        ["mta.admin.tls.authority"] = "ca.pem",
        ["mta.cluster.tls.certificate"] = "node.pem",
        ["mta.cluster.tls.key"] = "node.key",
        ["mta.cluster.tls.authority"] = "ca.pem",
        ["mta.auth.mechanisms"] = "[CRAM-MD5]",
        ["mta.auth.file"] = "other-users",
        ["mta.auth.sql.connection-string"] = "other",
        ["mta.auth.sql.query"] = "\"SELECT password FROM logins WHERE name = @user\"",
        ["mta.auth.dovecot.socket"] = "/run/other",
    };

    /// <summary>What has to stand beside a key, for its section to make sense.</summary>
    private static readonly Dictionary<string, string[]> Companions = new()
    {
        ["mta.domains.*.user"] = ["mta.domains.\"example.test\".route=x.test", "mta.domains.\"example.test\".password=x"],
        ["mta.domains.*.password"] = ["mta.domains.\"example.test\".route=x.test", "mta.domains.\"example.test\".user=x"],
        ["mta.tls.certificates.*.certificate"] = ["mta.tls.certificates.main.key=x.key"],
        ["mta.tls.certificates.*.key"] = ["mta.tls.certificates.main.certificate=x.pem"],
        ["mta.tls.certificates.*.password"] = ["mta.tls.certificates.main.certificate=x.pem"],
        ["mta.events.webhooks.*.secret"] = ["mta.events.webhooks.crm.url=\"http://x.test/\""],
        ["mta.events.webhooks.*.events"] = ["mta.events.webhooks.crm.url=\"http://x.test/\""],
        ["mta.events.webhooks.*.batch"] = ["mta.events.webhooks.crm.url=\"http://x.test/\""],
        ["mta.events.webhooks.*.timeout"] = ["mta.events.webhooks.crm.url=\"http://x.test/\""],
        ["mta.spool.provider"] = ["mta.spool.connection-string=x"],
        ["mta.cluster.enabled"] =
        [
            "mta.cluster.seeds=[\"127.0.0.1:2550\"]", "mta.journal.provider=postgresql", "mta.journal.connection-string=x",
            "mta.spool.provider=postgresql", "mta.queue.partitions=4",
        ],
        ["mta.admin.tls.certificate"] = ["mta.admin.tls.key=x.key"],
        ["mta.admin.tls.key"] = ["mta.admin.tls.certificate=x.pem"],
        ["mta.admin.tls.authority"] = ["mta.admin.tls.certificate=x.pem", "mta.admin.tls.key=x.key"],
        ["mta.cluster.tls.certificate"] = ["mta.cluster.tls.key=x.key", "mta.cluster.tls.authority=x.pem"],
        ["mta.cluster.tls.key"] = ["mta.cluster.tls.certificate=x.pem", "mta.cluster.tls.authority=x.pem"],
        ["mta.cluster.tls.authority"] = ["mta.cluster.tls.certificate=x.pem", "mta.cluster.tls.key=x.key"],
        // A node without any listener does not start.
        ["mta.listeners.*.enabled"] = ["mta.listeners.submission.enabled=on"],
        ["mta.listeners.*.role"] = ["mta.listeners.relay.tls=implicit"],
    };

    /// <summary>
    /// A listener's name is its key in the map. A domain cannot set the times of its site; they are held at values that leave the
    /// site's own.
    /// </summary>
    private static readonly string[] NoKey =
    [
        "Listeners[*].Options.Name",
        // Put there when a listener starts: by its role and kind of TLS, the node's certificates, mta.relay.networks.
        "Listeners[*].Options.Tls", "Listeners[*].Options.Certificates", "Listeners[*].Options.TrustedNetworks",
        "Listeners[*].Options.MinimumRateGrace", "Listeners[*].Options.ProxyTimeout",
        "Session.Role", "Session.StartTls", "Session.RequireTls", "Session.RequireAuth", "Session.Mechanisms", "Session.CompletesHeader",
        "Session.HidesClient", "Session.ShowsLogin", "Session.Tenant", "Checks.DnsLists.Lists[*].Zone", "Checks.DnsLists.Default.Zone",
        "Events.Webhooks[*].Name",
        "Delivery.Domains[*].IdleTimeout", "Delivery.Domains[*].DeadFor", "Delivery.Domains[*].DeadForAtMost",
    ];

    public static TheoryData<string> Keys => [.. SettingsSchema.Instance.Keys.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_key_that_is_read_changes_a_member(string name) => Assert.NotEmpty(MembersChangedBy(KeyNamed(name)));

    [Fact]
    public void Every_member_is_changed_by_a_key()
    {
        var changed = SettingsSchema.Instance.Keys.SelectMany(MembersChangedBy).ToHashSet();
        var sample = Chain.OfText("mta { domains { \"a.test\" { route = x.test, site {}, retry {} } }, delivery.sites { \"b.test\" {} }, checks.dns-lists.lists { \"b.test\" {} }, events.webhooks.crm.url = \"http://x.test/\" }").Good();
        var members = SettingsMembers.Flatten(sample).Keys.Select(SettingsMembers.Generalise).ToHashSet();
        Assert.Empty(members.Except(changed).Except(NoKey));
    }

    [Fact]
    public void Every_key_of_the_reference_is_read()
    {
        // That nothing else is in it: unknown keys are problems.
        Assert.Empty(Chain.Of().Problems);
        Assert.Empty(EmbeddedConfig.Reference.Problems);
    }

    [Fact]
    public void Every_key_that_is_read_is_in_the_reference()
    {
        var missing = SettingsSchema.Instance.Keys
            .Where(k => k.InheritsFrom is null && !k.Path.Contains("*"))
            .Where(k => EmbeddedConfig.Reference.Root.Find(k.Path) is null).Select(k => k.Name);
        Assert.Empty(missing);
        // The keys of maps: those of listeners are in the reference under relay, the others in the comment of the map.
        foreach (var key in SettingsSchema.Instance.Keys.Where(k => k.InheritsFrom is null && k.Path.Contains("*")))
        {
            Assert.True(
                EmbeddedConfig.Reference.Root.Find(key.Path.Replace("*", "relay")) is not null
                || ConfigExplain.CommentOf(key.Path).Contains(key.Path[^1], StringComparison.Ordinal), key.Name);
        }
    }

    [Fact]
    public void The_reference_says_what_the_records_default_to()
    {
        var settings = Chain.Of().Good();
        var listener = settings.Listeners[0].Options;
        Same(new SessionLimits(), settings.Session.Limits);
        Same(new SessionPolicy(settings.Hostname, new SessionLimits()), settings.Session);
        Same(new ListenerOptions("relay", listener.Endpoint) { Limits = new SessionLimits(), Hostname = settings.Hostname }, listener);
        Same(new ClientOptions(settings.Hostname), settings.Client);
        Same(new DnsOptions(), settings.Dns);
        Same(new RecipientsOptions(), settings.Recipients);
        Same(new CheckSettings(), settings.Checks);
        Same(new DeliverySettings { Default = new SiteLimits() }, settings.Delivery);
        Same(new RetrySchedule(), settings.Retry.Default);
        Same(new DsnSettings(), settings.Dsn);
        Same(new QueueSettings(), settings.Queue);
        Same(new SpoolOptions(settings.Spool.Directory), settings.Spool);
        Same(new MetricsSettings(), settings.Metrics);
        Same(new EventLogOptions(settings.Events.Directory), settings.Events);
        Same(new GuessLimits(), settings.Auth.Guard);
        Same(new AuthSettings { File = settings.Auth.File, Sql = settings.Auth.Sql, Dovecot = settings.Auth.Dovecot }, settings.Auth);

        static void Same(object expected, object actual) =>
            Assert.Equal(SettingsMembers.Flatten(expected), SettingsMembers.Flatten(actual));
    }

    /// <summary>Sets the key to its default and to something else, and compares.</summary>
    private static ImmutableHashSet<string> MembersChangedBy(SettingKey key)
    {
        var path = Concrete(key.Path);
        var inherited = key.InheritsFrom is { } from ? Concrete(from) : path;
        var usual = EmbeddedConfig.Reference.Root.Find(inherited);
        var companions = Companions.GetValueOrDefault(key.Name, []);
        // What is inherited stands in a section of its own, which may need more.
        var before = usual is null ? Chain.Of() : Chain.OfSets([.. key.InheritsFrom is null ? [] : companions, $"{KeyPath.Join(path)}={ConfigPrint.Show("", usual)}"]);
        var after = Chain.OfSets([.. companions, $"{KeyPath.Join(path)}={Other(key, usual)}"]);
        return SettingsMembers.Differences(before.Good(), after.Good());
    }

    private static string Other(SettingKey key, ConfigNode? usual)
    {
        var text = (usual as ConfigValue)?.Text ?? "";
        return key.Kind switch
        {
            ValueKind.Whole => (int.Parse(text, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture),
            ValueKind.Fraction => "0.33",
            ValueKind.Duration => Units.TryDuration(text, out var d) ? $"{d.TotalMilliseconds + 1000}ms" : throw new FormatException(text),
            ValueKind.Durations => "[7m, 8m]",
            ValueKind.Size => Units.TrySize(text, out var s) ? $"{s + 1024}" : throw new FormatException(text),
            ValueKind.Rate => "123/min",
            ValueKind.Switch => text == "on" ? "off" : "on",
            ValueKind.Choice => key.Values.Split(", ").First(v => v != text),
            ValueKind.Address => "127.0.0.9",
            ValueKind.Endpoints => "[\"127.0.0.1:5353\"]",
            ValueKind.Networks => "[\"10.0.0.0/8\"]",
            _ => OtherTexts[key.Name],
        };
    }

    private static ImmutableArray<string> Concrete(ImmutableArray<string> path) => path switch
    {
        ["mta", "listeners", "*", ..] => path.SetItem(2, "relay"),
        ["mta", "tls", "certificates", "*", ..] => path.SetItem(3, "main"),
        ["mta", "events", "webhooks", "*", ..] => path.SetItem(3, "crm"),
        ["mta", "checks", "dns-lists", "lists", "*", ..] => path.SetItem(4, "bl.example.test"),
        ["mta", "delivery", "sites", "*", ..] => path.SetItem(3, ".mx.example.test"),
        ["mta", "domains", "*", ..] => path.SetItem(2, "example.test"),
        _ => path,
    };

    private static SettingKey KeyNamed(string name) => SettingsSchema.Instance.Keys.First(k => k.Name == name);
}
