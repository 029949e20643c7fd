using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A real DNS server (unbound) with one zone, on a loopback port, for one test. Needs no root.</summary>
public sealed class DnsServer : IAsyncDisposable
{
    /// <summary>"example.test." MX? as a query: what readiness is asked with.</summary>
    private static readonly byte[] Probe =
        [0x4d, 0x54, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, (byte)'n', (byte)'s', 4, (byte)'t', (byte)'e', (byte)'s', (byte)'t', 0, 0, 1, 0, 1];

    private readonly string _program;
    private readonly string _directory;
    private RunningProgram? _process;
    private string _standard = "";

    /// <summary>Prepares a server; skips the test when unbound is not installed.</summary>
    /// <param name="directory">Where its files go.</param>
    public DnsServer(string directory)
    {
        _program = Programs.Require("unbound");
        _directory = directory;
        Port = Ports.Free();
    }

    public int Port { get; }

    /// <summary>
    /// From the next start on it answers on port 53 too, of an address of its own: for programs that read resolv.conf, which
    /// knows no ports. Needs root.
    /// </summary>
    /// <returns>That address.</returns>
    public IPAddress AnswerOnPort53()
    {
        var address = new IPAddress([127, 53, (byte)(Port >> 8), (byte)Port]);
        _standard = $"interface: {address}@53";
        return address;
    }

    /// <summary>Starts, or starts again with other records.</summary>
    public async Task StartAsync(Zone zone)
    {
        if (_process is not null) await StopAsync();
        await File.WriteAllTextAsync(Path.Combine(_directory, "test.zone"), zone.ToString());
        var configuration = Path.Combine(_directory, "unbound.conf");
        await File.WriteAllTextAsync(configuration, Configuration(zone));
        _process = RunningProgram.Start(_program, ["-d", "-c", configuration], _directory, "unbound");
        await Eventually.TrueAsync("the DNS server answers", AnswersAsync, () => _process.Tail(20));
    }

    /// <summary>From here on nobody answers.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task<bool> AnswersAsync()
    {
        using var client = new UdpClient();
        client.Connect(IPAddress.Loopback, Port);
        try
        {
            await client.SendAsync(Probe);
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            return (await client.ReceiveAsync(soon.Token)).Buffer.Length > Probe.Length;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>
    /// "test." is answered from the zone file. A broken name is a zone of its own whose primary does not exist, which
    /// unbound answers with SERVFAIL at once.
    /// </summary>
    private string Configuration(Zone zone) =>
        $"""
        server:
          interface: 127.0.0.1@{Port}
          {_standard}
          port: {Port}
          do-daemonize: no
          use-syslog: no
          logfile: ""
          username: ""
          chroot: ""
          directory: "{_directory}"
          pidfile: ""
          num-threads: 1
          msg-cache-size: 1m
          rrset-cache-size: 1m
          module-config: "iterator"
          access-control: 127.0.0.0/8 allow
          local-zone: "test." nodefault
        remote-control:
          control-enable: no

        """ + AuthZone("test.", $"zonefile: \"{_directory}/test.zone\"") +
        string.Concat(zone.Broken.Select(name => AuthZone($"{name}.", "primary: 127.0.0.1@1")));

    private static string AuthZone(string name, string source) =>
        $"""
        auth-zone:
          name: "{name}"
          for-downstream: yes
          for-upstream: no
          fallback-enabled: no
          {source}

        """;
}
