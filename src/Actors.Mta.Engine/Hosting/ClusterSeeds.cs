using System.Collections.Immutable;
using System.Net.Sockets;
using Actors.Mta.Engine.Settings;
using Akka.Actor;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Addresses of nodes as Akka has them.</summary>
internal static class ClusterSeeds
{
    /// <summary>mta.cluster.seeds in their order; the first one may found the cluster.</summary>
    /// <exception cref="IOException">A name among them cannot be resolved.</exception>
    public static async Task<ImmutableArray<Address>> FindAsync(ClusterSettings cluster, string system, CancellationToken cancel)
    {
        var seeds = ImmutableArray.CreateBuilder<Address>();
        foreach (var seed in cluster.Seeds)
            foreach (var node in await AddressesAsync(seed, cancel)) seeds.Add(AddressOf(cluster, system, node));
        return seeds.ToImmutable();
    }

    /// <param name="node">"host:port".</param>
    public static Address AddressOf(ClusterSettings cluster, string system, string node) =>
        Address.Parse($"{(cluster.Tls.On ? "akka.ssl.tcp" : "akka.tcp")}://{system}@{node}");

    private static async Task<IEnumerable<string>> AddressesAsync(string seed, CancellationToken cancel)
    {
        if (!seed.StartsWith("dns:", StringComparison.Ordinal)) return [seed];
        var colon = seed.LastIndexOf(':');
        var (host, port) = (seed["dns:".Length..colon], seed[(colon + 1)..]);
        try
        {
            // In the same order on every node: the first one founds the cluster.
            var found = await System.Net.Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork, cancel);
            return found.OrderBy(a => a.ToString(), StringComparer.Ordinal).Select(a => $"{a}:{port}");
        }
        catch (SocketException e)
        {
            throw new IOException($"mta.cluster.seeds names {host}, which cannot be resolved: {e.Message}", e);
        }
    }
}
