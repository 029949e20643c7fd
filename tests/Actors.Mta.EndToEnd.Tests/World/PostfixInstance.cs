using System.Net;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// A Postfix of its own: configuration, queue, log and mailboxes in one directory, SMTP on one loopback address and port.
/// Postfix cannot run without root: the test is skipped then, or when it is not installed.
/// </summary>
public sealed class PostfixInstance : IAsyncDisposable
{
    private const string Daemons = "/usr/lib/postfix/sbin";

    private readonly string _directory;
    private readonly string _settings;
    private readonly Dictionary<string, string> _environment;
    private bool _started;

    /// <param name="settings">Lines of main.cf on top of the ones that every instance here has.</param>
    /// <param name="mailboxDomain">A domain whose mail it keeps, see <see cref="Mailbox"/>.</param>
    public PostfixInstance(string directory, IPEndPoint endpoint, string settings, string mailboxDomain = "")
    {
        Programs.Require("postfix");
        Programs.RequireRoot("Postfix starts as root only");
        Skip.IfNot(File.Exists($"{Daemons}/master"), $"Postfix's daemons are not in {Daemons}");
        _directory = Path.Combine(directory, "postfix");
        _settings = $"virtual_mailbox_domains = {mailboxDomain}\n{settings}";
        _environment = new Dictionary<string, string> { ["MAIL_CONFIG"] = Path.Combine(_directory, "etc") };
        Endpoint = endpoint;
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>What it logged so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(_directory, "log", "postfix.log");

    public async Task StartAsync()
    {
        foreach (var name in (string[])["etc", "spool", "data", "log", "mail"]) Directory.CreateDirectory(Path.Combine(_directory, name));
        (await Programs.RunAsync("chown", ["postfix", Path.Combine(_directory, "data"), Path.Combine(_directory, "mail")])).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(_directory, "etc", "main.cf"), Main());
        await File.WriteAllTextAsync(Path.Combine(_directory, "etc", "master.cf"), Master());
        _started = true;
        var started = await Programs.RunAsync(Programs.Require("postfix"), ["start"], environment: _environment);
        Assert.True(started.ExitCode == 0, $"{started}\n{Log}");
        await Eventually.TrueAsync("Postfix greets", GreetsAsync, () => Log);
    }

    /// <summary>Messages delivered to the mailbox of all its recipients (maildir, LF line ends).</summary>
    public IReadOnlyList<byte[]> Mailbox()
    {
        var directory = Path.Combine(_directory, "mail", "inbox", "new");
        return Directory.Exists(directory) ? [.. Directory.GetFiles(directory).Order().Select(File.ReadAllBytes)] : [];
    }

    public async ValueTask DisposeAsync()
    {
        if (_started) await Programs.RunAsync(Programs.Require("postfix"), ["stop"], environment: _environment);
    }

    private async Task<bool> GreetsAsync()
    {
        try
        {
            await using var client = await SmtpClientScript.ConnectAsync(Endpoint);
            return client.Greeting.Code == 220;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
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
        myhostname = postfix.test
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
        showq     unix  n       -       n       -       -       showq
        error     unix  -       -       n       -       -       error
        retry     unix  -       -       n       -       -       error
        discard   unix  -       -       n       -       -       discard
        virtual   unix  -       n       n       -       -       virtual
        anvil     unix  -       -       n       -       1       anvil
        scache    unix  -       -       n       -       1       scache

        """;

    private static string PostfixAccount(string which) =>
        Programs.RunAsync("id", [which, "postfix"]).GetAwaiter().GetResult().Succeeded().Output.Trim();
}
