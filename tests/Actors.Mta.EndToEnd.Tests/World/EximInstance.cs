using System.Net;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// An Exim of its own, SMTP with STARTTLS on one loopback address and port, that sends everything on to one place. Queue,
/// configuration and log are in one directory. Debian will not install it beside Postfix, so tests/run.sh unpacks it; the
/// test is skipped when it has not, or without root.
/// </summary>
public sealed class EximInstance : IAsyncDisposable
{
    private const string Unpacked = "/var/cache/mta-tests/exim/usr/sbin/exim4";

    private readonly string _program;
    private readonly string _directory;
    private readonly EximRoute _route;
    private readonly CertificateFiles _certificate;
    private RunningProgram? _process;

    public EximInstance(string directory, IPEndPoint endpoint, EximRoute route, CertificateFiles certificate)
    {
        _program = File.Exists(Unpacked) ? Unpacked : Programs.Require("exim4");
        Programs.RequireRoot("Exim starts as root only");
        _directory = Path.Combine(directory, "exim");
        _route = route;
        _certificate = certificate;
        Endpoint = endpoint;
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>What it logged so far.</summary>
    public string Log =>
        string.Join('\n', Directory.GetFiles(Path.Combine(_directory, "log")).Order().Select(File.ReadAllText)) + _process?.Tail(20);

    public async Task StartAsync()
    {
        foreach (var name in (string[])["spool", "log"]) Directory.CreateDirectory(Path.Combine(_directory, name));
        (await Programs.RunAsync("chown", ["-R", "Debian-exim:", _directory])).Succeeded();
        var configuration = Path.Combine(_directory, "exim.conf");
        await File.WriteAllTextAsync(configuration, Configuration());
        _process = RunningProgram.StartLeader(_program, ["-bdf", "-q2s", "-C", configuration], _directory, "exim");
        await Eventually.TrueAsync("Exim greets", () => SmtpClientScript.GreetsAsync(Endpoint), () => Log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        await process.DisposeAsync();
    }

    /// <summary>Without deliver_drop_privilege it would want to be root again, which a configuration from -C takes away.</summary>
    private string Configuration() =>
        $$"""
        primary_hostname = exim.test
        exim_path = {{_program}}
        spool_directory = {{_directory}}/spool
        log_file_path = {{_directory}}/log/%slog
        pid_file_path = {{_directory}}/exim.pid
        keep_environment =
        disable_ipv6 = true
        local_interfaces = {{Endpoint.Address}}
        daemon_smtp_ports = {{Endpoint.Port}}
        host_lookup =
        rfc1413_query_timeout = 0s
        deliver_drop_privilege = true
        smtp_accept_max = 100
        smtp_accept_queue_per_connection = 0
        accept_8bitmime = true
        tls_advertise_hosts = *
        tls_certificate = {{_certificate.Certificate}}
        tls_privatekey = {{_certificate.Key}}
        acl_smtp_rcpt = rcpt
        acl_smtp_data = data
        begin acl
        rcpt:
          accept hosts = 127.0.0.0/8
          deny message = relay not permitted
        data:
          accept
        begin routers
        all:
          driver = manualroute
          route_list = * {{_route.Target.Address}} byname
          self = send
          transport = out
        begin transports
        out:
          driver = smtp
          port = {{_route.Target.Port}}
          {{Transport()}}
        begin retry
        * * F,1h,1s
        begin authenticators
        {{Authenticator()}}

        """;

    private string Transport()
    {
        List<string> options = [_route.Lmtp ? "protocol = lmtp" : "helo_data = exim.test"];
        if (_route.User != "")
            options.AddRange(
                ["hosts_require_tls = *", "hosts_require_auth = *", $"tls_verify_certificates = {_route.Authority}", "tls_verify_hosts = *"]);
        return string.Join("\n  ", options);
    }

    private string Authenticator() => _route.User == "" ? "" :
        $"""
        plain:
          driver = plaintext
          public_name = PLAIN
          client_send = ^{_route.User}^{_route.Password}
        """;
}

/// <summary>Where an <see cref="EximInstance"/> sends everything.</summary>
/// <param name="User">When not empty, it logs in as this user, over TLS and to a server that <paramref name="Authority"/> vouches for only.</param>
/// <param name="Authority">PEM file.</param>
public sealed record EximRoute(IPEndPoint Target, bool Lmtp = false, string User = "", string Password = "", string Authority = "");
