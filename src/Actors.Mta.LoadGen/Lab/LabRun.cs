using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Actors.Mta.LoadGen.Dns;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;
using Actors.Mta.LoadGen.Reports;
using Actors.Mta.LoadGen.Sink;
using Actors.Mta.LoadGen.Source;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>
/// One scenario from start to end: DNS, sink, one node or several, and the sources on one machine, all on loopback, and the accounts at the end.
/// </summary>
internal sealed class LabRun(Scenario scenario, RunId run, string nodeProgram, string directory)
{
    /// <summary>Where notifications come back to.</summary>
    private const string Returns = "load.test";
    private readonly IPAddress _returnsHost = scenario.HasNetwork ? LabNetwork.Returns : IPAddress.Parse("127.0.4.254");

    private readonly Latencies _sending = new();
    private readonly CopyNumbers _numbers = new();
    private ImmutableArray<LoadSource> _sources = [];
    private RunArrivals _arrivals = new(run);

    /// <summary>What is going on: "starting the node", "sending", "settling".</summary>
    public string Phase { get; private set; } = "starting";

    /// <summary>What is seen of it every second, once it has begun.</summary>
    public event Action<Moment>? Seen;

    public IEnumerable<LoadSource> Sources => _sources;

    public RunArrivals Arrivals => _arrivals;

    public SinkLedger? SinkSeen { get; private set; }

    /// <summary>The last lines of each node's log.</summary>
    public IReadOnlyList<(string Node, IEnumerable<string> Lines)> NodeLogs { get; private set; } = [];

    /// <summary>What goes wrong on purpose.</summary>
    public FaultRun? Faults { get; private set; }

    /// <exception cref="IOException">The node does not start.</exception>
    /// <exception cref="SocketException">An address cannot be had.</exception>
    public async Task<RunRecord> RunAsync(CancellationToken cancel)
    {
        // A network of namespaces has to be there before anybody listens on it.
        await using var network = scenario.HasNetwork ? await LabNetwork.CreateAsync(scenario.Nodes) : null;
        var port = FreePort([.. scenario.Sink.Hosts.SelectMany(h => h.Listen).Select(e => e.Address), _returnsHost]);
        var sinkOptions = SinkAt(port);
        await using var dns = LoadDns.Start(scenario.Dns with
        {
            Listen = new IPEndPoint(scenario.HasNetwork ? LabNetwork.Lab : IPAddress.Loopback, 0),
            Rules = [.. scenario.Dns.Rules, new DnsRule([Returns], DnsBehaviour.Mx, [_returnsHost])],
        });
        await using var sink = LoadSink.Start(sinkOptions);
        SinkSeen = sink.Ledger;
        _arrivals = sink.Ledger.Of(run)!;
        Phase = scenario.Nodes == 1 ? "starting the node" : "starting the nodes";
        await using var nodes = await NodesUnderLoad.StartAsync(nodeProgram, directory, scenario, dns.Endpoint, port, network, cancel);

        if (nodes.Database is { } watched) await JournalWitness.InstallAsync(watched, cancel);
        NodeLogs = [.. nodes.All.Select(n => (n.Name, n.Log))];
        _sources = [.. scenario.Sources.Select(s => new LoadSource(s with { Targets = nodes.Relays }, new SourceLedger(_sending), _numbers))];
        var started = DateTimeOffset.UtcNow;
        var began = RunClock.Now;
        var clock = Stopwatch.StartNew();
        using var watch = new Watch(Count, _sending, _arrivals.Latency, nodes.LookAsync);
        watch.Seen += moment => Seen?.Invoke(moment);
        watch.Start();
        Phase = "sending";
        var random = new Random(scenario.Seed);
        var faults = new FaultRun(nodes.All, nodes.Database, [.. scenario.Faults, .. scenario.Rounds.Faults(random)], random);
        Faults = faults;
        using var overWithSources = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var faulting = Task.Run(() => faults.RunAsync(overWithSources.Token), CancellationToken.None);
        var ended = await Task.WhenAll(_sources.Select(async s =>
        {
            await s.RunAsync(cancel);
            return clock.Elapsed.TotalSeconds;
        }));
        await overWithSources.CancelAsync();
        await faulting;
        Phase = "settling";
        var queued = await SettleAsync(nodes, cancel);
        var seconds = _arrivals.LastAt > 0 ? (_arrivals.LastAt - began) / 1e6 : clock.Elapsed.TotalSeconds;
        await watch.StopAsync();
        await nodes.LookAsync();
        var databaseCpu = nodes.Database is { } used ? await used.CpuSecondsAsync() : (double?)null;
        Phase = "reporting";

        var sources = _sources.Select((s, i) => Records.Of(s.Options, s.Ledger, ended[i])).ToImmutableArray();
        var sinkRecord = Records.Of(sink.Ledger, _arrivals, seconds);
        var record = new RunRecord
        {
            Run = run.Text,
            Title = scenario.Title,
            Description = scenario.Description,
            Started = started,
            Seconds = clock.Elapsed.TotalSeconds,
            Sources = sources,
            Sink = sinkRecord,
            Nodes = [.. nodes.All.Select(n => n.Record)],
            DatabaseCpuSeconds = databaseCpu,
            Faults = [.. faults.Happened],
            Trouble = faults.Trouble,
            Owners = nodes.Database is { } database ? await JournalWitness.CountAsync(database, cancel) : null,
            Account = Accounting.Of(sources, sinkRecord, queued.Listed, queued.Unlisted),
            Series = watch.Moments,
        };
        return record with { Expected = scenario.Expect.Check(record) };
    }

    private WatchCounts Count() => new(
        _sources.Sum(s => s.Ledger.Messages), _arrivals.Received, _sources.Sum(s => s.Ledger.RefusedCopies), _sources.Sum(s => s.Ledger.InFlight));

    /// <summary>Waits until the node has nothing any more, or for as long as the scenario allows.</summary>
    /// <returns>The copies that it still has.</returns>
    private async Task<QueuedCopies> SettleAsync(NodesUnderLoad nodes, CancellationToken cancel)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await nodes.QueuedAsync(cancel) == 0) return QueuedCopies.None;
                if (waited.Elapsed > scenario.Settle) return await nodes.QueuedCopiesAsync(cancel);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException && !cancel.IsCancellationRequested)
            {
                if (waited.Elapsed > scenario.Settle) throw new IOException($"the node does not say what it has queued: {e.Message}", e);
            }
            await Task.Delay(100, cancel);
        }
    }

    /// <summary>The hosts at the lab's port, and one more for notifications.</summary>
    private SinkOptions SinkAt(int port) => new()
    {
        Hosts =
        [
            .. scenario.Sink.Hosts.Select(h => h with { Listen = [.. h.Listen.Select(l => new IPEndPoint(l.Address, port))] }),
            new Personality { Name = "returns", Listen = [new IPEndPoint(_returnsHost, port)], Domains = [Returns] },
        ],
    };

    /// <summary>A port that is free on all of these: the node delivers to one port only.</summary>
    private static int FreePort(IReadOnlyCollection<IPAddress> addresses)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var first = Bound(addresses.First(), 0);
            var port = ((IPEndPoint)first.LocalEndPoint!).Port;
            try
            {
                foreach (var address in addresses.Distinct().Skip(1)) Bound(address, port).Dispose();
                return port;
            }
            catch (SocketException) when (attempt < 20)
            {
                // Somebody else's on one of them: another port.
            }
        }
    }

    private static Socket Bound(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
