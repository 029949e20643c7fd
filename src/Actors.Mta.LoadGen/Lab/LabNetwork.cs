using System.Diagnostics;
using System.Net;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>
/// Network namespaces of the lab's own, one for each node, on a bridge to which also the lab, its database, sink and DNS belong: so that a
/// node can be cut off from all of them. Needs root and iproute2; everything is taken away at the end.
/// Fails with an <see cref="IOException"/> that says what did not work.
/// </summary>
internal sealed class LabNetwork : IAsyncDisposable
{
    private const string Bridge = "mtalab";
    private readonly List<string> _made = [];

    private LabNetwork()
    {
    }

    /// <summary>Where the lab itself is reached from the nodes.</summary>
    public static IPAddress Lab { get; } = IPAddress.Parse("10.98.76.254");

    /// <summary>Where notifications come back to.</summary>
    public static IPAddress Returns { get; } = IPAddress.Parse("10.98.76.253");

    public static async Task<LabNetwork> CreateAsync(int nodes)
    {
        if (!Environment.IsPrivilegedProcess) throw new IOException("a node is cut off in a network namespace, for which the lab has to run as root");
        var network = new LabNetwork();
        try
        {
            // What an earlier lab left that was killed.
            await RunAsync(true, "link", "del", Bridge);
            await RunAsync(false, "link", "add", Bridge, "type", "bridge");
            await RunAsync(false, "addr", "add", $"{Lab}/24", "dev", Bridge);
            await RunAsync(false, "addr", "add", $"{Returns}/24", "dev", Bridge);
            await RunAsync(false, "link", "set", Bridge, "up");
            for (var node = 1; node <= nodes; node++) await network.AddAsync(node);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public static IPAddress AddressOf(int node) => IPAddress.Parse($"10.98.76.{node}");

    public static string NamespaceOf(int node) => $"{Bridge}-{node}";

    /// <summary>Nothing goes in or out of the node's namespace from here on.</summary>
    public static Task CutAsync(int node) => RunAsync(false, "link", "set", LinkOf(node), "down");

    public static Task MendAsync(int node) => RunAsync(false, "link", "set", LinkOf(node), "up");

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _made) await RunAsync(true, "netns", "del", name);
        await RunAsync(true, "link", "del", Bridge);
    }

    private static string LinkOf(int node) => $"{Bridge}{node}";

    private async Task AddAsync(int node)
    {
        var (name, link) = (NamespaceOf(node), LinkOf(node));
        await RunAsync(true, "netns", "del", name);
        await RunAsync(false, "netns", "add", name);
        _made.Add(name);
        await RunAsync(false, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
        await RunAsync(false, "link", "set", link, "master", Bridge, "up");
        await RunAsync(false, "-n", name, "addr", "add", $"{AddressOf(node)}/24", "dev", "eth0");
        await RunAsync(false, "-n", name, "link", "set", "lo", "up");
        await RunAsync(false, "-n", name, "link", "set", "eth0", "up");
    }

    private static async Task RunAsync(bool mayFail, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })
            ?? throw new IOException("the program ip (iproute2) does not start");
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 && !mayFail) throw new IOException($"ip {string.Join(' ', arguments)}: {said.Trim()}");
    }
}
