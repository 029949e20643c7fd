using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>The nodes of a lab: one that works alone, or a cluster with a PostgreSQL of its own.</summary>
internal sealed class NodesUnderLoad : IAsyncDisposable
{
    private NodesUnderLoad()
    {
    }

    /// <summary>Null without a cluster, which alone needs it.</summary>
    public PostgresServer? Database { get; private set; }

    public List<NodeUnderLoad> All { get; } = [];

    /// <summary>Where they take mail.</summary>
    public ImmutableArray<IPEndPoint> Relays => [.. All.Select(n => n.Relay)];

    /// <summary>Starts them, and waits until all take mail and, in a cluster, own their share.</summary>
    /// <param name="network">Where each has a namespace of its own; null: all are on loopback.</param>
    /// <exception cref="IOException">One does not start, or there is no PostgreSQL.</exception>
    public static async Task<NodesUnderLoad> StartAsync(
        string program, string directory, Scenario scenario, IPEndPoint dns, int deliveryPort, LabNetwork? network, CancellationToken cancel)
    {
        var nodes = new NodesUnderLoad();
        try
        {
            if (scenario.Clustered) nodes.Database = await PostgresServer.StartAsync(network is null ? null : LabNetwork.Lab, cancel);
            var places = nodes.Database is { } database ? await PlacesAsync(program, directory, scenario, database, network is not null, cancel) : [null];
            foreach (var place in places)
            {
                nodes.All.Add(NodeUnderLoad.Start(program, directory, scenario, dns, deliveryPort, place));
                await nodes.All[^1].AwaitStartAsync(cancel);
            }
            if (nodes.Database is not null) await nodes.AwaitSharesAsync(cancel);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>All together; null when none answers.</summary>
    public async Task<NodeVitals?> LookAsync()
    {
        var vitals = (await Task.WhenAll(All.Select(n => n.LookAsync()))).OfType<NodeVitals>().ToList();
        // Each tells the whole cluster's queue.
        return vitals.Count == 0 ? null : new NodeVitals(vitals.Max(v => v.Queue), All.Sum(n => n.Record.CpuSeconds), vitals.Sum(v => v.Memory));
    }

    /// <inheritdoc cref="NodeUnderLoad.QueuedAsync"/>
    public Task<long> QueuedAsync(CancellationToken cancel) => AskAsync(n => n.QueuedAsync(cancel));

    /// <inheritdoc cref="NodeUnderLoad.QueuedCopiesAsync"/>
    public Task<QueuedCopies> QueuedCopiesAsync(CancellationToken cancel) => AskAsync(n => n.QueuedCopiesAsync(cancel));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in All) await node.DisposeAsync();
        if (Database is not null) await Database.DisposeAsync();
    }

    private static async Task<IReadOnlyList<PlaceInCluster?>> PlacesAsync(
        string program, string directory, Scenario scenario, PostgresServer database, bool apart, CancellationToken cancel)
    {
        var numbers = Enumerable.Range(1, scenario.Nodes).ToList();
        List<IPEndPoint> addresses = [.. numbers.Select(n => apart ? new IPEndPoint(LabNetwork.AddressOf(n), 2550) : new IPEndPoint(IPAddress.Loopback, FreePort()))];
        // Beyond one machine's loopback, nodes talk under TLS only; so they do in namespaces.
        var certificates = apart ? Path.Combine(directory, "certificates") : null;
        if (certificates is not null)
        {
            string[] words = ["cluster", "certificates", "--out", certificates, .. addresses.Select(a => a.Address.ToString())];
            using var make = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true }) ?? throw new IOException($"{program} does not start");
            await make.StandardOutput.ReadToEndAsync(cancel);
            await make.WaitForExitAsync(cancel);
            if (make.ExitCode != 0) throw new IOException($"mta cluster certificates ended with {make.ExitCode}");
        }
        return [.. numbers.Select(n => new PlaceInCluster(
            n, addresses, 4 * scenario.Nodes, database.ConnectionString, certificates, apart ? LabNetwork.NamespaceOf(n) : null))];
    }

    /// <summary>The first that answers.</summary>
    private async Task<T> AskAsync<T>(Func<NodeUnderLoad, Task<T>> ask)
    {
        foreach (var node in All.SkipLast(1))
        {
            try
            {
                return await ask(node);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // The next one may know.
            }
        }
        return await ask(All[^1]);
    }

    private async Task AwaitSharesAsync(CancellationToken cancel)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await All[0].OwnersAsync(cancel) is { } owners && All.TrueForAll(n => owners.Values.Count(o => o.Owner == n.ClusterName && o.Lease > 0) == owners.Count / All.Count)) return;
            await Task.Delay(100, cancel);
        }
        throw new IOException("the partitions of the queue are not spread over the nodes after 60 s");
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
