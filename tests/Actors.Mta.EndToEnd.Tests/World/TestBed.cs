using System.Net;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// The little Internet of one test: a DNS server with the zone "test.", exchangers on loopback addresses from 127.0.0.2 on
/// (all on one port, as they would all be on 25), and a node between, or several. Declare receivers and settings, then start.
/// Everything ends with it, and its logs go to the test's output.
/// </summary>
public sealed class TestBed : IAsyncDisposable
{
    private readonly ITestOutputHelper _output;
    private readonly List<ScriptedReceiver> _receivers = [];
    private readonly List<IAsyncDisposable> _others = [];
    private readonly List<NodeProcess> _nodes = [];
    private readonly Lazy<CertificateAuthority> _authority;
    private int _lastAddress = 1;

    /// <summary>Skips the test when there is no DNS server to be had.</summary>
    public TestBed(ITestOutputHelper output)
    {
        _output = output;
        Directory = System.IO.Directory.CreateTempSubdirectory("mta-").FullName;
        // Others (Postfix, the DNS server) come in under their own accounts.
        File.SetUnixFileMode(Directory, (UnixFileMode)0b111_101_101);
        DeliveryPort = Ports.Free();
        Dns = new DnsServer(Directory);
        Data = Path.Combine(Directory, "data");
        Settings = new NodeSettings(Data, Dns.Port, DeliveryPort);
        Node = new NodeProcess(Directory, Settings);
        _nodes.Add(Node);
        _authority = new(() => new CertificateAuthority(Directory));
    }

    /// <summary>Scratch directory of this test; removed at the end.</summary>
    public string Directory { get; }

    /// <summary>The node's data directory.</summary>
    public string Data { get; }

    /// <summary>TCP port of all exchangers.</summary>
    public int DeliveryPort { get; }

    public Zone Zone { get; } = new();

    public DnsServer Dns { get; }

    public NodeSettings Settings { get; }

    public NodeProcess Node { get; }

    /// <summary>Whom all clients of this bed trust.</summary>
    public CertificateAuthority Authority => _authority.Value;

    /// <summary>Another node, an exchanger at an address of its own, and MX 10 for each of these domains.</summary>
    public NodeProcess ExchangerNode(params string[] domains)
    {
        var address = NewAddress(out var host);
        foreach (var domain in domains) Zone.Mx(domain, 10, host);
        var directory = Path.Combine(Directory, host);
        System.IO.Directory.CreateDirectory(directory);
        var settings = new NodeSettings(Path.Combine(directory, "data"), Dns.Port, DeliveryPort);
        settings.Hostname = host;
        settings.RelayAt(new IPEndPoint(address, DeliveryPort));
        var node = new NodeProcess(directory, settings);
        _nodes.Add(node);
        return node;
    }

    /// <summary>An exchanger at an address of its own, and MX 10 for each of these domains.</summary>
    public ScriptedReceiver Receiver(params string[] domains)
    {
        var host = Exchanger(out var receiver);
        foreach (var domain in domains) Zone.Mx(domain, 10, host);
        return receiver;
    }

    /// <summary>An exchanger at an address of its own, with an A record and no MX yet.</summary>
    /// <returns>Its host name.</returns>
    public string Exchanger(out ScriptedReceiver receiver)
    {
        receiver = new ScriptedReceiver(NewAddress(out var host), DeliveryPort);
        _receivers.Add(receiver);
        return host;
    }

    /// <summary>A loopback address that nobody listens on yet, with an A record.</summary>
    public IPAddress NewAddress(out string host)
    {
        var number = ++_lastAddress;
        var address = new IPAddress([127, 0, 0, (byte)number]);
        host = $"mx{number}.hosts.test";
        Zone.A(host, address.ToString());
        return address;
    }

    /// <summary>Has something else disposed of with this bed, before the node.</summary>
    public T Keep<T>(T other) where T : IAsyncDisposable
    {
        _others.Add(other);
        return other;
    }

    /// <summary>Starts the DNS server and the nodes.</summary>
    public async Task StartAsync()
    {
        await Dns.StartAsync(Zone);
        await Task.WhenAll(_nodes.Select(node => node.StartAsync()));
    }

    /// <summary>Starts the DNS server and leaves the nodes off: for tests in which other servers are in their places.</summary>
    public Task StartWithoutNodesAsync() => Dns.StartAsync(Zone);

    /// <summary>Sends one message into the node by DATA, and expects 250.</summary>
    /// <returns>The reply to the final dot.</returns>
    public async Task<WireReply> SendAsync(string from, string to, byte[] message, string mailParameters = "", string rcptParameters = "") =>
        await SendAsync(from, [to], message, mailParameters, rcptParameters);

    /// <inheritdoc cref="SendAsync(string, string, byte[], string, string)"/>
    public async Task<WireReply> SendAsync(
        string from, string[] to, byte[] message, string mailParameters = "", string rcptParameters = "")
    {
        await using var client = await SmtpClientScript.HelloAsync(Settings.Relay);
        await client.BeginDataAsync(from, to, mailParameters, rcptParameters);
        var reply = await client.EndDataAsync(message);
        Assert.True(reply.Code == 250, reply.ToString());
        await client.ExpectAsync(221, "QUIT");
        return reply;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others) await other.DisposeAsync();
        foreach (var node in _nodes) await node.DisposeAsync();
        foreach (var receiver in _receivers) await receiver.DisposeAsync();
        await Dns.DisposeAsync();
        if (_authority.IsValueCreated) Authority.Dispose();
        foreach (var node in _nodes)
            _output.WriteLine($"--- node {node.Settings.Hostname}\n{string.Join('\n', node.Log.TakeLast(200))}");
        foreach (var receiver in _receivers)
            _output.WriteLine($"--- {receiver.Endpoint}\n{string.Join('\n', receiver.Transcript.TakeLast(100))}");
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
