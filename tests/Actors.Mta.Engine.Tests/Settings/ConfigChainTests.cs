using System.Net;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Engine.Tests.Settings;

public sealed class ConfigChainTests
{
    [Fact]
    public void The_embedded_defaults_suffice()
    {
        var configuration = Chain.Of();
        Assert.Empty(configuration.Problems);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 2525), Assert.Single(configuration.Good().EnabledListeners).Options.Endpoint);
    }

    [Fact]
    public void Each_layer_is_stronger_than_the_one_before()
    {
        string[] sets = ["mta.queue.partitions=6"];
        Dictionary<string, string> environment = new() { ["MTA__QUEUE__PARTITIONS"] = "5", ["MTA__QUEUE__MAX_MESSAGES"] = "50" };
        OrderedDictionary<string, string> files = new()
        {
            ["first.conf"] = "mta.queue { partitions = 3, max-messages = 30, batch-size = 300 }",
            ["second.conf"] = "mta.queue { partitions = 4, max-messages = 40 }",
        };
        var queue = Chain.Of("throughput", files, environment, sets).Good().Queue;
        Assert.Equal(6, queue.Partitions);
        Assert.Equal(50, queue.MaxMessages);
        Assert.Equal(300, queue.BatchSize);
        Assert.Equal(20_000, queue.PendingEnqueues);
        Assert.Equal(TimeSpan.FromSeconds(30), queue.EnqueueTimeout);
    }

    [Theory]
    [InlineData("development")]
    [InlineData("throughput")]
    public void Presets_are_good(string preset) => Assert.Empty(Chain.Of(preset).Problems);

    [Fact]
    public void An_unknown_preset_names_the_nearest()
    {
        var configuration = Chain.Of("developement");
        Assert.False(configuration.IsValid);
        Assert.Contains("did you mean \"development\"?", configuration.OnlyProblem());
    }

    [Theory]
    [InlineData("MTA__HOSTNAME", "mx9.example.test")]
    [InlineData("mta__hostname", "mx9.example.test")]
    [InlineData("Mta__HostName", "mx9.example.test")]
    public void Environment_variables_match_in_any_case(string name, string value) =>
        Assert.Equal(value, Chain.Of(environment: new() { [name] = value }).Good().Hostname);

    [Fact]
    public void Environment_variables_write_underscores_for_dashes_and_commas_for_lists()
    {
        var settings = Chain.Of(environment: new()
        {
            ["MTA__SMTP__SERVER__MESSAGE_SIZE"] = "1MiB",
            ["MTA__RELAY__NETWORKS"] = "10.0.0.0/8, 2001:db8::/32",
            ["MTA__DNS__SERVERS"] = "[\"127.0.0.1:5353\"]",
            ["MTA_SOMETHING"] = "not ours",
        }).Good();
        Assert.Equal(1024 * 1024, settings.Session.Limits.MessageSize);
        Assert.Equal(["10.0.0.0/8", "2001:db8::/32"], settings.Relay.Networks.Select(n => n.ToString()));
        Assert.Equal("127.0.0.1:5353", Assert.Single(settings.Dns.Servers).ToString());
    }

    [Fact]
    public void An_unknown_environment_variable_is_refused_by_its_name()
    {
        var problem = Chain.Of(environment: new() { ["MTA__QUEUE__PARTITION"] = "5" }).OnlyProblem();
        Assert.Equal("environment MTA__QUEUE__PARTITION: mta.queue.partition is unknown; did you mean mta.queue.partitions?", problem);
    }

    [Theory]
    [InlineData("mta.hostnam = x.test", "mta.conf:1: mta.hostnam is unknown; did you mean mta.hostname?")]
    [InlineData("mta {\n  queue {\n    partitons = 4\n  }\n}", "mta.conf:3: mta.queue.partitons is unknown; did you mean mta.queue.partitions?")]
    [InlineData("mta.qeue.partitions = 4", "mta.conf:1: mta.qeue is unknown; did you mean mta.queue?")]
    [InlineData("mta.queue.batch_size = 4", "mta.conf:1: mta.queue.batch_size is unknown; did you mean mta.queue.batch-size?")]
    [InlineData("mta.message-size = 4", "mta.conf:1: mta.message-size is unknown; did you mean mta.smtp.server.message-size?")]
    [InlineData("hostname = x.test", "mta.conf:1: hostname is unknown; settings begin with mta (or akka). Did you mean mta.hostname?")]
    [InlineData("mta.domains.\"a.test\".rout = x", "mta.conf:1: mta.domains.\"a.test\".rout is unknown; did you mean mta.domains.\"a.test\".route?")]
    [InlineData("mta.domains.\"a.test\".site.idle-timeout = 5s", "mta.domains.\"a.test\".site.idle-timeout is unknown")]
    [InlineData("mta.domains.example.test { route = x }", "names with dots need quotes: mta.domains.\"example.test\"")]
    [InlineData("mta.listeners.relay.encryption = on", "mta.listeners.relay.encryption is unknown")]
    [InlineData("mta.xyzzy = 1", "mta.conf:1: mta.xyzzy is unknown")]
    public void An_unknown_key_refuses_with_the_nearest_name_file_and_line(string text, string expected)
    {
        var configuration = Chain.OfText(text);
        Assert.False(configuration.IsValid);
        Assert.Contains(expected, configuration.Messages());
    }

    [Theory]
    [InlineData("mta.queue.partitions = many", "mta.queue.partitions takes a whole number from 1 to 1024, not \"many\"")]
    [InlineData("mta.queue.partitions = 0", "takes a whole number from 1 to 1024")]
    [InlineData("mta.queue.partitions = 1.5", "takes a whole number")]
    [InlineData("mta.queue.partitions { x = 1 }", "takes a whole number from 1 to 1024, not a section")]
    [InlineData("mta.queue.partitions = [1]", "not a list")]
    [InlineData("mta.queue.partitions = null", "mta.queue.partitions has no value")]
    [InlineData("mta.queue = 5", "mta.queue is a section")]
    [InlineData("mta.queue.enqueue-timeout = 30", "takes a duration such as \"30s\"")]
    [InlineData("mta.queue.snapshot-after = 1k", "takes a size")]
    [InlineData("mta.dns.ipv6 = maybe", "takes on or off")]
    [InlineData("mta.log.level = loud", "takes debug, info, warning, error")]
    [InlineData("mta.admin.port = 70000", "takes a whole number from 1 to 65535")]
    [InlineData("mta.admin.address = localhost", "takes an IP address")]
    [InlineData("mta.dns.servers = [\"ns.example.test\"]", "mta.dns.servers: \"ns.example.test\" is no endpoint")]
    [InlineData("mta.relay.networks = [\"10.0.0.1/8\"]", "10.0.0.1/8 has bits behind /8; write 10.0.0.0/8")]
    [InlineData("mta.relay.networks = [[\"10.0.0.0/8\"]]", "not a list of lists")]
    [InlineData("mta.delivery.site.message-rate = \"100\"", "takes a rate such as \"100/min\", or \"unlimited\"")]
    [InlineData("mta.retry.transport = []", "mta.retry.transport holds no delay")]
    [InlineData("mta.retry.jitter = 1", "takes a number from 0 to below 1")]
    [InlineData("mta.hostname = \"not a name\"", "takes a host name such as mx1.example.test")]
    [InlineData("mta.data = \"\"", "mta.data is empty")]
    [InlineData("mta.smtp.server.banner = \"a\\r\\n250 b\"", "printable ASCII")]
    [InlineData("mta.smtp.server.disabled-extensions = [CHUNKIN]", "did you mean CHUNKING?")]
    [InlineData("mta.dns.minimum-ttl = 2h", "mta.dns.minimum-ttl is longer than mta.dns.maximum-ttl")]
    [InlineData("mta.delivery.site.dead-for-at-most = 1s", "is shorter than dead-for")]
    [InlineData("mta.listeners.other.port = 2525", "listens on 127.0.0.1:2525, as mta.listeners.relay does")]
    [InlineData("mta.listeners.relay = null", "relay cannot be taken away; write mta.listeners.relay.enabled = off")]
    public void A_mistyped_value_refuses_and_says_what_it_takes(string text, string expected)
    {
        var configuration = Chain.OfText(text);
        Assert.False(configuration.IsValid);
        var problem = configuration.Problems.First(p => p.Fatal).ToString();
        Assert.StartsWith("mta.conf:1: mta.", problem);
        Assert.Contains(expected, problem);
    }

    [Fact]
    public void All_mistakes_of_all_layers_are_told_at_once()
    {
        var configuration = Chain.Of(
            files: new() { ["mta.conf"] = "mta.hostnam = x\nmta.queue.partitions = y\nmta.dns.timeout = 5", ["broken.conf"] = "mta {" },
            environment: new() { ["MTA__LOG__LEVEL"] = "loud" }, sets: ["mta.admin.port=x", "nonsense"]);
        Assert.Equal(7, configuration.Problems.Count(p => p.Fatal));
    }

    [Fact]
    public void A_wrong_value_that_others_inherit_is_told_once()
    {
        var text = "mta.delivery { site.connections = x, sites { \".a.test\" { message-rate = \"1/s\" }, \".b.test\" { message-rate = \"1/s\" } } }";
        Assert.StartsWith("mta.conf:1: mta.delivery.site.connections takes", Chain.OfText(text).OnlyProblem());
    }

    [Fact]
    public void A_missing_file_is_a_problem_with_its_name()
    {
        var configuration = ConfigChain.Load(new ConfigInputs { Files = ["gone.conf"], ReadFile = n => throw new FileNotFoundException($"no {n}") });
        Assert.Equal("gone.conf: cannot be read: no gone.conf", configuration.OnlyProblem());
    }

    [Fact]
    public void Files_include_others_beside_them_and_what_stands_below_wins()
    {
        var configuration = Chain.Of(files: new()
        {
            ["etc/mta.conf"] = "mta.queue.partitions = 2\ninclude \"included.conf\"\nmta.queue.batch-size = 7",
            [Path.Combine("etc", "included.conf")] = "mta.queue { partitions = 3\n batch-size = 8 }",
        });
        Assert.Equal(3, configuration.Good().Queue.Partitions);
        Assert.Equal(7, configuration.Good().Queue.BatchSize);
        Assert.Equal(Path.Combine("etc", "included.conf") + ":1", configuration.Root.Find(["mta", "queue", "partitions"])!.Source.ToString());
    }

    [Fact]
    public void An_include_that_is_missing_or_circular_is_refused()
    {
        Assert.Contains("\"included.conf\" cannot be read", Chain.OfText("include \"included.conf\"").OnlyProblem());
        Assert.Contains("includes itself", Chain.OfText("include \"mta.conf\"").OnlyProblem());
    }

    [Fact]
    public void A_list_can_be_added_to_across_layers()
    {
        var networks = Chain.OfText("mta.relay.networks += \"192.0.2.0/24\"").Good().Relay.Networks;
        Assert.Equal(["127.0.0.0/8", "::1/128", "192.0.2.0/24"], networks.Select(n => n.ToString()));
    }

    [Fact]
    public void References_name_other_keys_or_environment_variables()
    {
        var configuration = Chain.Of(
            files: new()
            {
                ["mta.conf"] = """
                    mta.data = "/var/lib/mta"
                    mta.spool.directory = ${mta.data}"/bodies"
                    mta.journal.connection-string = "Host=db.example.test;Password="${DB_PASSWORD}
                    mta.relay.domains = ${mta.names}
                    mta.smtp.server.banner = "x"${?NOT_THERE}
                    """.Replace("mta.relay.domains = ${mta.names}\n", ""),
            },
            environment: new() { ["DB_PASSWORD"] = "sesame" });
        var settings = configuration.Good();
        Assert.Equal("/var/lib/mta/bodies", settings.Spool.Directory);
        Assert.Equal("Host=db.example.test;Password=sesame", settings.Journal.ConnectionString);
        Assert.Equal("x", settings.Session.Banner);
    }

    [Theory]
    [InlineData("mta.hostname = ${NO_SUCH}", "${NO_SUCH} is neither a key nor an environment variable")]
    [InlineData("mta.hostname = ${mta.data}\nmta.data = ${mta.hostname}", "refers to itself")]
    [InlineData("mta.hostname = \"x\"${mta.queue}", "cannot stand inside one")]
    public void A_reference_to_nothing_is_refused(string text, string expected) =>
        Assert.Contains(expected, Chain.OfText(text).Messages());

    [Fact]
    public void The_akka_section_is_handed_on_as_it_is()
    {
        var configuration = Chain.OfText("""
            akka {
              actor { default-dispatcher { throughput = 42 }, debug.receive = on }
              loggers = ["A, B", "C \"D\""]
              loglevel = ${?NOT_THERE}
            }
            """);
        Assert.Empty(configuration.Problems);
        var akka = configuration.Akka("akka.actor.default-dispatcher.throughput = 1\nakka.stdout-loglevel = OFF");
        Assert.Equal(42, akka.GetInt("akka.actor.default-dispatcher.throughput"));
        Assert.True(akka.GetBoolean("akka.actor.debug.receive"));
        Assert.Equal(["A, B", "C \"D\""], akka.GetStringList("akka.loggers"));
        Assert.Equal("OFF", akka.GetString("akka.stdout-loglevel"));
        Assert.False(akka.HasPath("mta"));
    }

    [Fact]
    public void A_further_listener_takes_from_relay_what_it_leaves_out()
    {
        var listeners = Chain.OfText("mta.listeners { relay.connections = 7, inside { address = \"::1\" } }").Good().Listeners;
        var inside = listeners.Single(l => l.Options.Name == "inside");
        Assert.Equal("[::1]:2525", inside.Options.Endpoint.ToString());
        Assert.Equal(7, inside.Options.Connections);
    }
}
