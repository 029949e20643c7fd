using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Configuration;
using Actors.Mta.LoadGen.Dns;
using Actors.Mta.LoadGen.Messages;
using Actors.Mta.LoadGen.Reports;
using Actors.Mta.LoadGen.Sink;
using Actors.Mta.LoadGen.Source;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>
/// Reads files of the load generator: everything under <c>load</c>, laid over the reference (config/lab/reference.conf), strictly: an
/// unknown key is an error that names the nearest one, the file and the line.
/// </summary>
public static class ScenarioReader
{
    private static readonly ImmutableArray<(string, ReplyTexts)> Texts =
        [("generic", ReplyTexts.Generic), ("gmail", ReplyTexts.Gmail), ("outlook", ReplyTexts.Outlook), ("yahoo", ReplyTexts.Yahoo)];

    /// <summary>Of a host that names none.</summary>
    private const int DefaultPort = 2526;

    /// <summary>Scenarios that come with the program.</summary>
    public static ImmutableArray<string> Names { get; } = [.. typeof(ScenarioReader).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith("lab/", StringComparison.Ordinal) && n != "lab/reference.conf").Select(n => n["lab/".Length..^".conf".Length]).Order(StringComparer.Ordinal)];

    /// <summary>A scenario by name, or from a file.</summary>
    /// <param name="sets">load.key=value, stronger than the file.</param>
    /// <exception cref="FormatException">It cannot be used; all problems are in the message.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Scenario Scenario(string nameOrFile, IEnumerable<string> sets, RunId run) => Read(nameOrFile, sets, load => ReadScenario(load, run));

    /// <summary>Hosts of a sink (load.sink), and what DNS says of them.</summary>
    /// <inheritdoc cref="Scenario"/>
    public static (SinkOptions Sink, DnsOptions Dns) World(string file, IEnumerable<string> sets) => Read(file, sets, load => (ReadSink(load), ReadDns(load, ReadSink(load))));

    private static T Read<T>(string nameOrFile, IEnumerable<string> sets, Func<ConfigSection, T> read)
    {
        var problems = new List<ConfigProblem>();
        ConfigObject Parsed(string text, ConfigLayer layer, string name)
        {
            var document = HoconParser.Parse(text, layer, name);
            problems.AddRange(document.Problems);
            return document.Root;
        }
        var embedded = Names.Contains(nameOrFile);
        var root = Parsed(Embedded("reference"), ConfigLayer.Reference, "reference.conf")
            .With(Parsed(embedded ? Embedded(nameOrFile) : File.ReadAllText(nameOrFile), ConfigLayer.File, embedded ? $"{nameOrFile}.conf" : nameOrFile));
        foreach (var set in sets) root = root.With(Parsed(set, ConfigLayer.CommandLine, "--set"));
        root = new References(root, ImmutableDictionary<string, string>.Empty, problems).Resolve();

        var notes = new ReadNotes(listingKeys: false);
        var result = read(ConfigSection.Root(notes, root).Section("load"));
        problems.AddRange(notes.Problems);
        // Every key of a scenario is one of this program's, whether or not this command reads it.
        var schema = new ReadNotes(listingKeys: true);
        var keys = ConfigSection.Root(schema, root).Section("load");
        ReadScenario(keys, RunId.Create());
        ReadSource(keys.Section("source"), RunId.Create());
        ReadHost(keys.Section("sink").Section("host"));
        ReadFault(keys.Section("fault"));
        ReadRule(keys.Section("dns").Section("rule"));
        problems.AddRange(new ConfigSchema(schema, "load").UnknownKeys(root));
        return problems.Exists(p => p.Fatal) ? throw new FormatException(string.Join("\n", problems.Distinct())) : result;
    }

    private static Scenario ReadScenario(ConfigSection load, RunId run)
    {
        var sink = ReadSink(load);
        var node = load.Section("node");
        var nodes = load.Whole("nodes", 1, 16);
        return new Scenario
        {
            Title = load.Text("title"),
            Description = load.Text("description"),
            NodePreset = node.Text("preset"),
            NodeSettings = node.Text("settings", "HOCON as text"),
            Nodes = nodes,
            Clustered = load.Switch("cluster") || nodes > 1,
            Faults = [.. load.Entries("faults", _ => load.Section("fault")).Select(ReadFault)],
            Rounds = ReadRounds(load.Section("rounds")),
            Seed = load.Whole("seed", 0),
            Sources = [.. load.Entries("sources", _ => load.Section("source")).Select(s => ReadSource(s, run))],
            Sink = sink,
            Dns = ReadDns(load, sink),
            Expect = Parse(load, "expect", Expectations.None, Expectations.Parse),
            Settle = load.Duration("settle"),
        };
    }

    private static SourceOptions ReadSource(ConfigSection s, RunId run)
    {
        var messages = s.Whole("messages", 0);
        var duration = s.DurationOr("duration", "none");
        if (messages == 0 && duration is null && s.Name != "*") s.Problem("has neither messages nor a duration: it would never end");
        return new SourceOptions
        {
            Run = run,
            Name = s.Name,
            // The lab knows where its node listens.
            Targets = [new IPEndPoint(IPAddress.Loopback, 0)],
            Patience = s.Duration("patience"),
            Messages = messages == 0 ? null : messages,
            Duration = duration,
            Delay = s.Duration("delay"),
            Rate = s.RateOrUnlimited("rate") is { } rate ? rate.Count / rate.Period.TotalSeconds : null,
            Sessions = s.Whole("sessions"),
            PerConnection = s.Whole("per-connection", 0),
            Pipelining = s.Switch("pipelining"),
            Chunking = s.Switch("bdat"),
            Tls = s.Choice("tls", ("off", SourceTls.None), ("starttls", SourceTls.StartTls)),
            Sender = s.Text("sender"),
            Domains = Domains(s),
            Recipients = Quantity(s, "recipients", Quantities.Count)!,
            Content = new MessageOptions { Sizes = Quantity(s, "size", Quantities.Size)!, Tenants = s.Whole("tenants", 0), Campaign = s.Text("campaign") },
        };
    }

    private static readonly (string, FaultKind)[] FaultKinds =
    [
        ("kill", FaultKind.Kill), ("pause", FaultKind.Pause), ("leave", FaultKind.Leave), ("cut", FaultKind.Cut), ("flap", FaultKind.Flap),
        ("database", FaultKind.Database), ("slow-database", FaultKind.SlowDatabase),
    ];

    private static string FaultWords => string.Join(", ", FaultKinds.Select(k => k.Item1));

    private static Fault ReadFault(ConfigSection f) => new(
        f.Name, f.Choice("kind", FaultKinds), f.Duration("at"), f.Duration("for", TimeSpan.FromSeconds(1)), f.Whole("node", 0, 16));

    private static Rounds ReadRounds(ConfigSection r)
    {
        var kinds = ImmutableArray.CreateBuilder<FaultKind>();
        foreach (var word in r.Texts("kinds", $"a list of {FaultWords}"))
        {
            var found = Array.Find(FaultKinds, k => k.Item1 == word);
            if (found.Item1 is null) r.Problem("kinds", $"takes {FaultWords}, not \"{word}\"");
            else kinds.Add(found.Item2);
        }
        var rounds = new Rounds(r.Whole("count", 0), r.Duration("every", TimeSpan.FromSeconds(1)), r.Duration("for", TimeSpan.FromSeconds(1)), kinds.ToImmutable());
        if (rounds.For >= rounds.Every) r.Problem("for", "is as long as a round, which leaves no time between two faults");
        if (rounds.Count > 0 && kinds.Count == 0) r.Problem("kinds", "is empty: nothing would happen in a round");
        return rounds;
    }

    private static DomainPicker Domains(ConfigSection s)
    {
        var patterns = s.Texts("domains", "a list of patterns such as d{1..100}.test");
        var zipf = s.Text("zipf", "a number from 0 to 10");
        try
        {
            if (s.Name != "*") return DomainPicker.Of(patterns, double.Parse(zipf, System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (FormatException e)
        {
            s.Problem("domains", $": {e.Message}");
        }
        return DomainPicker.Of(["d1.test"], 0);
    }

    private static SinkOptions ReadSink(ConfigSection load)
    {
        var sink = load.Section("sink");
        return new SinkOptions { Hosts = [.. sink.Entries("hosts", _ => sink.Section("host")).Select(ReadHost)] };
    }

    private static Personality ReadHost(ConfigSection h) => new()
    {
        Name = h.Name,
        Listen = h.Endpoints("listen", DefaultPort),
        Domains = h.Texts("domains", "a list of names, with * for any letters"),
        Hostname = h.OptionalText("hostname", "the name in its greeting") ?? $"{h.Name}.test",
        Texts = h.Choice("texts", [.. Texts]),
        GreetingDelay = Delay(h, "greeting-delay"),
        ReplyDelay = Delay(h, "reply-delay"),
        DotDelay = Delay(h, "dot-delay"),
        Connections = Limit(h, "connections"),
        ConnectionRate = h.RateOrUnlimited("connection-rate"),
        MessageRate = h.RateOrUnlimited("message-rate"),
        MessagesPerConnection = Limit(h, "messages-per-connection"),
        RecipientsPerMessage = Limit(h, "recipients-per-message"),
        Greylist = h.DurationOr("greylist", "off") is { } wait ? new GreylistOptions(wait) : null,
        UnknownUsers = h.Fraction("unknown-users"),
        DropInData = h.Fraction("drop-in-data"),
        DropAfterDot = h.Fraction("drop-after-dot"),
        StartTls = h.Choice("starttls", ("off", StartTlsBehaviour.Off), ("works", StartTlsBehaviour.Works), ("refuses", StartTlsBehaviour.Refuses),
            ("garbage", StartTlsBehaviour.Garbage), ("closes", StartTlsBehaviour.Closes)),
        Outages = [.. h.Entries("outages").Select(o => new Outage(o.Duration("from"), o.Duration("for"), o.Choice("kind",
            ("closes", OutageKind.Closes), ("silent", OutageKind.Silent), ("busy", OutageKind.Busy), ("defers", OutageKind.Defers))))],
        MessageSize = h.Size("message-size", 1),
    };

    private static DnsOptions ReadDns(ConfigSection load, SinkOptions sink)
    {
        var dns = load.Section("dns");
        var rules = dns.Entries("rules", _ => dns.Section("rule")).Select(ReadRule).ToList();
        var listen = dns.Endpoints("listen", 53);
        return new DnsOptions
        {
            Listen = listen.Length > 0 ? listen[0] : new IPEndPoint(IPAddress.Loopback, 0),
            TimeToLive = dns.Duration("ttl"),
            // What is special comes first, then where the sink's hosts are.
            Rules = [.. rules, .. sink.Hosts.Select(h => new DnsRule(h.Domains, DnsBehaviour.Mx, [.. h.Listen.Select(l => l.Address).Distinct()]))],
        };
    }

    private static DnsRule ReadRule(ConfigSection r) => new(
        r.Texts("domains", "a list of names, with * for any letters"),
        r.Choice("answer", ("mx", DnsBehaviour.Mx), ("implicit-mx", DnsBehaviour.ImplicitMx), ("null-mx", DnsBehaviour.NullMx), ("broken-mx", DnsBehaviour.BrokenMx),
            ("nxdomain", DnsBehaviour.NxDomain), ("servfail", DnsBehaviour.ServFail), ("silent", DnsBehaviour.Silent)),
        [.. r.Endpoints("hosts", DefaultPort).Select(e => e.Address)]);

    private static Distribution? Delay(ConfigSection s, string key) => s.Text(key, "\"none\" or a delay such as 20ms, 10ms..50ms or \"p50=40ms,p99=400ms\"") is "none"
        ? null : Quantity(s, key, Quantities.Duration);

    private static Distribution? Quantity(ConfigSection s, string key, Distribution.Unit unit)
    {
        var text = s.Text(key, "a quantity such as 4k, 1k..64k, \"4k:80,50k:20\"");
        if (Distribution.TryParse(text, unit, out var distribution)) return distribution;
        if (s.Name != "*") s.Problem(key, $"does not understand \"{text}\"");
        return Distribution.Always(1);
    }

    private static int? Limit(ConfigSection s, string key)
    {
        var text = s.Text(key, "a whole number, or \"unlimited\"");
        if (text is "unlimited") return null;
        if (int.TryParse(text, out var limit) && limit > 0) return limit;
        if (s.Name != "*") s.Problem(key, $"takes a whole number from 1, or \"unlimited\", not \"{text}\"");
        return null;
    }

    private static T Parse<T>(ConfigSection s, string key, T otherwise, Func<string, T> parse)
    {
        try
        {
            return parse(s.Text(key));
        }
        catch (FormatException e)
        {
            s.Problem(key, $": {e.Message}");
            return otherwise;
        }
    }

    private static string Embedded(string name)
    {
        using var stream = typeof(ScenarioReader).Assembly.GetManifestResourceStream($"lab/{name}.conf") ?? throw new FormatException($"there is no scenario {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
