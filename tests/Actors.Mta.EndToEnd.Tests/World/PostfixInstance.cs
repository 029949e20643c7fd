using System.Globalization;
using System.Net;
using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// A Postfix of its own: configuration, queue, log and mailboxes in one directory, SMTP on one loopback address and port.
/// Postfix cannot run without root: the test is skipped then, or when it is not installed.
/// </summary>
public sealed class PostfixInstance : IAsyncDisposable
{
    private const string Daemons = "/usr/lib/postfix/sbin";

    /// <summary>Postfix knows no other place for the addresses of DNS servers: it gets a view of its own of that one file.</summary>
    private const string WithResolver = "mount --bind \"$1\" /etc/resolv.conf && exec \"$2\" start";

    private readonly string _directory;
    private readonly StringBuilder _settings = new();
    private readonly StringBuilder _services = new();
    private readonly Dictionary<string, string> _environment;
    private string _resolver = "";
    private bool _started;

    /// <param name="settings">Lines of main.cf on top of the ones that every instance here has.</param>
    /// <param name="mailboxDomain">A domain whose mail it keeps, see <see cref="Mailbox"/>.</param>
    public PostfixInstance(string directory, IPEndPoint endpoint, string settings, string mailboxDomain = "")
    {
        Programs.Require("postfix");
        Programs.RequireRoot("Postfix starts as root only");
        Skip.IfNot(File.Exists($"{Daemons}/master"), $"Postfix's daemons are not in {Daemons}");
        _directory = Path.Combine(directory, "postfix");
        _settings.Append($"virtual_mailbox_domains = {mailboxDomain}\n{settings}\n");
        _environment = new Dictionary<string, string> { ["MAIL_CONFIG"] = Path.Combine(_directory, "etc") };
        Endpoint = endpoint;
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>By what name it greets.</summary>
    public string Hostname { get; init; } = "postfix.test";

    /// <summary>Submission by STARTTLS (587 in the world), after <see cref="AcceptSubmission"/>.</summary>
    public IPEndPoint Submission { get; } = new(IPAddress.Loopback, Ports.Free());

    /// <summary>Submission by TLS from the start (465 in the world), after <see cref="AcceptSubmission"/>.</summary>
    public IPEndPoint Submissions { get; } = new(IPAddress.Loopback, Ports.Free());

    /// <summary>What it logged so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(_directory, "log", "postfix.log");

    /// <summary>Offers STARTTLS, before the start.</summary>
    public void OfferTls(CertificateFiles certificate) =>
        _settings.Append(
            $"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {certificate.Certificate}\nsmtpd_tls_key_file = {certificate.Key}\n");

    /// <summary>Takes mail from users, whose passwords a Dovecot knows, on <see cref="Submission"/> and <see cref="Submissions"/>.</summary>
    public void AcceptSubmission(CertificateFiles certificate, DovecotInstance users)
    {
        void Service(IPEndPoint endpoint, string tls) => _services.Append(
            $"""
            {endpoint}  inet  n - n - - smtpd
              -o {tls}
              -o smtpd_tls_cert_file={certificate.Certificate}
              -o smtpd_tls_key_file={certificate.Key}
              -o smtpd_sasl_auth_enable=yes
              -o smtpd_sasl_type=dovecot
              -o smtpd_sasl_path={users.AuthSocket}
              -o smtpd_sasl_authenticated_header=yes
              -o smtpd_tls_auth_only=yes
              -o smtpd_tls_received_header=yes
              -o smtpd_relay_restrictions=permit_sasl_authenticated,reject

            """);
        Service(Submission, "smtpd_tls_security_level=encrypt");
        Service(Submissions, "smtpd_tls_wrappermode=yes");
    }

    /// <summary>Gives the mail of its domain to an LMTP server at a Unix socket, instead of keeping it.</summary>
    public void DeliverByLmtp(string socket) => _settings.Append($"virtual_transport = lmtp:unix:{socket}\n");

    /// <summary>Gives all other mail to a smart host: logged in, over TLS, with a certificate of this authority or not at all.</summary>
    public void SubmitTo(IPEndPoint host, string user, string password, CertificateAuthority authority) =>
        _settings.Append(
            $$"""
            relayhost = [{{host.Address}}]:{{host.Port}}
            smtp_sasl_auth_enable = yes
            smtp_sasl_password_maps = inline:{ { [{{host.Address}}]:{{host.Port}} = {{user}}:{{password}} } }
            smtp_sasl_security_options = noanonymous
            smtp_sasl_tls_security_options = noanonymous
            smtp_tls_security_level = encrypt
            smtp_tls_CAfile = {{authority.Root}}

            """);

    /// <summary>Finds exchangers by DNS, as it does in the world, all of them on one port.</summary>
    public async Task ResolveByAsync(DnsServer dns, int deliveryPort)
    {
        _resolver = Path.Combine(_directory, "resolv.conf");
        Directory.CreateDirectory(_directory);
        await File.WriteAllTextAsync(_resolver, $"nameserver {dns.AnswerOnPort53()}\n");
        _settings.Append($"smtp_dns_support_level = enabled\nsmtp_host_lookup = dns\nsmtp_tcp_port = {deliveryPort}\nsmtp_tls_security_level = may\n");
    }

    public async Task StartAsync()
    {
        foreach (var name in (string[])["etc", "spool", "data", "log", "mail"]) Directory.CreateDirectory(Path.Combine(_directory, name));
        (await Programs.RunAsync("chown", ["postfix", Path.Combine(_directory, "data"), Path.Combine(_directory, "mail")])).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(_directory, "etc", "main.cf"), LastOfEach(Main()));
        await File.WriteAllTextAsync(Path.Combine(_directory, "etc", "master.cf"), Master());
        _started = true;
        var postfix = Programs.Require("postfix");
        var started = _resolver == ""
            ? await Programs.RunAsync(postfix, ["start"], environment: _environment)
            : await Programs.RunAsync("unshare", ["--mount", "sh", "-c", WithResolver, "sh", _resolver, postfix], environment: _environment);
        Assert.True(started.ExitCode == 0, $"{started}\n{Log}");
        await Eventually.TrueAsync("Postfix greets", () => SmtpClientScript.GreetsAsync(Endpoint), () => Log);
    }

    /// <summary>Messages delivered to the mailbox of all its recipients (maildir, LF line ends).</summary>
    public IReadOnlyList<byte[]> Mailbox()
    {
        var directory = Path.Combine(_directory, "mail", "inbox", "new");
        return Directory.Exists(directory) ? [.. Directory.GetFiles(directory).Order().Select(File.ReadAllBytes)] : [];
    }

    /// <summary>Ends it as `postfix stop` does in the end, without the seconds before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_started) return;
        var file = Path.Combine(_directory, "spool", "pid", "master.pid");
        if (!File.Exists(file)) return;
        // By cat, since .NET heeds the lock that its owner holds on it.
        var master = int.Parse((await Programs.RunAsync("cat", [file])).Succeeded().Output.Trim(), CultureInfo.InvariantCulture);
        Signals.SendToGroup(master, Signals.Kill);
        await Eventually.TrueAsync("Postfix has ended", () => !Directory.Exists($"/proc/{master}"), () => Log);
    }

    /// <summary>
    /// A setting that stands twice makes each daemon warn at its start, postlogd too, and that one writes to the socket that it
    /// is about to read: with enough daemons starting at once the socket is full, and all of them wait for ever.
    /// </summary>
    private static string LastOfEach(string main)
    {
        var lines = new OrderedDictionary<string, string>();
        foreach (var line in main.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            lines[line.Split('=')[0].Trim()] = line;
        return string.Join('\n', lines.Values) + "\n";
    }

    private string Main() =>
        $"""
        compatibility_level = 3.6
        queue_directory = {_directory}/spool
        data_directory = {_directory}/data
        command_directory = /usr/sbin
        daemon_directory = {Daemons}
        maillog_file = {LogFile}
        maillog_file_prefixes = {_directory}
        mail_owner = postfix
        setgid_group = postdrop
        myhostname = {Hostname}
        inet_protocols = ipv4
        mydestination =
        local_recipient_maps =
        alias_maps =
        alias_database =
        mynetworks = 127.0.0.0/8
        smtpd_relay_restrictions = permit_mynetworks, reject
        smtpd_peername_lookup = no
        smtp_dns_support_level = disabled
        smtp_tls_security_level =
        smtpd_tls_security_level =
        minimal_backoff_time = 1s
        maximal_backoff_time = 2s
        queue_run_delay = 1s
        virtual_mailbox_base = {_directory}/mail
        virtual_mailbox_maps = static:inbox/
        virtual_uid_maps = static:{PostfixAccount("-u")}
        virtual_gid_maps = static:{PostfixAccount("-g")}
        {_settings}

        """;

    private string Master() =>
        $"""
        {Endpoint}  inet  n - n - - smtpd
        postlog   unix-dgram n - n - 1 postlogd
        pickup    unix  n       -       n       60      1       pickup
        cleanup   unix  n       -       n       -       0       cleanup
        qmgr      unix  n       -       n       300     1       qmgr
        tlsmgr    unix  -       -       n       1000?   1       tlsmgr
        rewrite   unix  -       -       n       -       -       trivial-rewrite
        bounce    unix  -       -       n       -       0       bounce
        defer     unix  -       -       n       -       0       bounce
        trace     unix  -       -       n       -       0       bounce
        verify    unix  -       -       n       -       1       verify
        flush     unix  n       -       n       1000?   0       flush
        proxymap  unix  -       -       n       -       -       proxymap
        smtp      unix  -       -       n       -       -       smtp
        relay     unix  -       -       n       -       -       smtp
        lmtp      unix  -       -       n       -       -       lmtp
        showq     unix  n       -       n       -       -       showq
        error     unix  -       -       n       -       -       error
        retry     unix  -       -       n       -       -       error
        discard   unix  -       -       n       -       -       discard
        virtual   unix  -       n       n       -       -       virtual
        anvil     unix  -       -       n       -       1       anvil
        scache    unix  -       -       n       -       1       scache
        {_services}

        """;

    private static string PostfixAccount(string which) =>
        Programs.RunAsync("id", [which, "postfix"]).GetAwaiter().GetResult().Succeeded().Output.Trim();
}
