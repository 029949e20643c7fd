using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.IO.Tests.Dns;

/// <summary>A real DNS server on a loopback port: dnsmasq with a configuration of its own and no upstream.</summary>
public sealed class Dnsmasq : IAsyncLifetime
{
    private const string Program = "/usr/sbin/dnsmasq";
    private readonly string _directory = Directory.CreateTempSubdirectory("dnsmasq-").FullName;
    private Process? _process;

    public static bool IsInstalled => File.Exists(Program);

    public IPEndPoint Endpoint { get; private set; } = new(IPAddress.Loopback, 0);

    public async Task InitializeAsync()
    {
        if (!IsInstalled) return;
        // Somebody else may take the free port first.
        for (var attempt = 1; !await TryStartAsync(); attempt++)
        {
            if (attempt == 5) throw new InvalidOperationException($"dnsmasq: {await _process!.StandardError.ReadToEndAsync()}");
        }
    }

    private async Task<bool> TryStartAsync()
    {
        Endpoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        var configuration = Path.Combine(_directory, "dnsmasq.conf");
        await File.WriteAllTextAsync(configuration, $"""
            port={Endpoint.Port}
            listen-address=127.0.0.1
            bind-interfaces
            no-resolv
            no-hosts
            no-poll
            local-ttl=120
            pid-file={_directory}/pid
            local=/test/
            mx-host=two.test,mx1.two.test,10
            mx-host=two.test,mx2.two.test,20
            host-record=mx1.two.test,192.0.2.1,2001:db8::1
            host-record=mx2.two.test,192.0.2.2
            host-record=implicit.test,192.0.2.3
            txt-record=textonly.test,nothing here
            dns-rr=null.test,15,000000
            cname=alias.test,two.test
            cname=hostalias.test,mx1.two.test
            mx-host=toalias.test,hostalias.test,5
            mx-host=dangling.test,gone.test,5
            """);
        var start = new ProcessStartInfo(Program, ["--keep-in-foreground", $"--conf-file={configuration}"]) { RedirectStandardError = true };
        if (Environment.UserName == "root") start.ArgumentList.Add("--user=root");
        _process = Process.Start(start)!;
        return await AnswersAsync(_process);
    }

    public async Task DisposeAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var probe = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.Client.LocalEndPoint!).Port;
    }

    private async Task<bool> AnswersAsync(Process process)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!process.HasExited)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(Endpoint, timeout.Token);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(20, timeout.Token);
            }
        }
        return false;
    }
}
