using System.Net;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Security;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// A Dovecot of its own: takes mail by LMTP (Unix socket and TCP), shows it by IMAP, and tells SMTP servers by its auth
/// socket whose password is right. Mailboxes, users, sockets and log are in one directory. Dovecot starts as root only: the
/// test is skipped without, or when it is not installed.
/// </summary>
public sealed class DovecotInstance : IAsyncDisposable
{
    /// <summary>Owner of the mailboxes: an account that every Debian has.</summary>
    private const string Account = "mail";

    private readonly string _program;
    private readonly string _directory;
    private readonly IPEndPoint _imap = new(IPAddress.Loopback, Ports.Free());
    private RunningProgram? _process;

    public DovecotInstance(string directory)
    {
        _program = Programs.Require("dovecot");
        Programs.RequireRoot("Dovecot starts as root only");
        foreach (var service in (string[])["imap", "lmtp"])
            Skip.IfNot(File.Exists($"/usr/lib/dovecot/{service}"), $"Dovecot's {service} service is not installed");
        _directory = Path.Combine(directory, "dovecot");
        Directory.CreateDirectory(Path.Combine(_directory, "mail"));
        File.WriteAllText(UsersFile, "");
    }

    /// <summary>True: a message for a full mailbox is refused with 452 4.2.2, for a while; false: with 552 5.2.2, for good.</summary>
    public bool FullIsTemporary { get; init; } = true;

    /// <summary>Path of the socket that takes mail by LMTP.</summary>
    public string Lmtp => Path.Combine(_directory, "lmtp");

    /// <summary>Where it takes mail by LMTP over TCP.</summary>
    public IPEndPoint LmtpEndpoint { get; } = new(IPAddress.Loopback, Ports.Free());

    /// <summary>Path of the socket at which SMTP servers have passwords checked (Dovecot's auth client protocol).</summary>
    public string AuthSocket => Path.Combine(_directory, "auth");

    /// <summary>What it logged so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(_directory, "dovecot.log");

    private string UsersFile => Path.Combine(_directory, "users");

    /// <summary>Adds a user with a mailbox, before the start or later.</summary>
    /// <param name="quota">Size of the mailbox, "10k" for example; empty is no limit.</param>
    public void AddUser(string name, string password, string quota = "") =>
        File.AppendAllText(UsersFile,
            $"{name}:{{PLAIN}}{password}::::{_directory}/mail/{name}:" + (quota == "" ? "" : $":userdb_quota_rule=*:storage={quota}") + "\n");

    public async Task StartAsync()
    {
        (await Programs.RunAsync("chown", [Account, Path.Combine(_directory, "mail")])).Succeeded();
        var configuration = Path.Combine(_directory, "dovecot.conf");
        await File.WriteAllTextAsync(configuration, Configuration());
        _process = RunningProgram.StartLeader(_program, ["-F", "-c", configuration], _directory, "dovecot");
        await Eventually.TrueAsync("Dovecot listens", ListensAsync, () => $"{_process.Tail(20)}\n{Log}");
    }

    /// <summary>From here on nobody takes mail or checks passwords.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        await process.DisposeAsync();
    }

    /// <summary>What is in a user's inbox, as IMAP shows it, oldest first.</summary>
    public async Task<IReadOnlyList<byte[]>> ReadByImapAsync(string user, string password)
    {
        using var client = new ImapClient();
        await client.ConnectAsync(_imap.Address.ToString(), _imap.Port, SecureSocketOptions.None);
        await client.AuthenticateAsync(user, password);
        await client.Inbox.OpenAsync(FolderAccess.ReadOnly);
        var messages = new List<byte[]>();
        for (var i = 0; i < client.Inbox.Count; i++)
        {
            await using var message = await client.Inbox.GetStreamAsync(i);
            var octets = new MemoryStream();
            await message.CopyToAsync(octets);
            messages.Add(octets.ToArray());
        }
        await client.DisconnectAsync(true);
        return messages;
    }

    /// <summary>Waits until so many messages are stored, and then reads them as a mail reader would.</summary>
    /// <param name="seen">What is to be shown when they do not come.</param>
    public async Task<IReadOnlyList<byte[]>> ReceivesAsync(string user, string password, int count, Func<string>? seen = null)
    {
        await Eventually.TrueAsync(
            $"{user} has {count} messages", () => Stored(user) >= count, () => $"{Stored(user)}\n{Log}\n{seen?.Invoke()}");
        return await ReadByImapAsync(user, password);
    }

    /// <summary>Waits for the one message that is to come.</summary>
    public async Task<byte[]> ReceivesOneAsync(string user, string password, Func<string>? seen = null) =>
        Assert.Single(await ReceivesAsync(user, password, 1, seen));

    public async ValueTask DisposeAsync() => await StopAsync();

    private int Stored(string user) =>
        ((string[])["new", "cur"])
            .Select(folder => Path.Combine(_directory, "mail", user, "Maildir", folder))
            .Where(Directory.Exists).Sum(folder => Directory.GetFiles(folder).Length);

    private async Task<bool> ListensAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"Dovecot ended with {_process.ExitCode}\n{_process.Tail(20)}\n{Log}");
        try
        {
            using var imap = new TcpClient();
            await imap.ConnectAsync(_imap);
            return File.Exists(Lmtp) && File.Exists(AuthSocket);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Wrong passwords are answered at once here, and not later the more there were.</summary>
    private string Configuration() =>
        $$"""
        base_dir = {{_directory}}/run
        log_path = {{LogFile}}
        auth_verbose = yes
        protocols = imap lmtp
        ssl = no
        disable_plaintext_auth = no
        auth_mechanisms = plain login cram-md5 scram-sha-256
        mail_location = maildir:~/Maildir
        mail_plugins = quota
        first_valid_uid = 1
        first_valid_gid = 1
        hostname = dovecot.test
        postmaster_address = postmaster@dovecot.test
        quota_full_tempfail = {{(FullIsTemporary ? "yes" : "no")}}
        plugin {
          quota = maildir:User quota
        }
        passdb {
          driver = passwd-file
          args = username_format=%u {{UsersFile}}
        }
        userdb {
          driver = passwd-file
          args = username_format=%u {{UsersFile}}
          default_fields = uid={{Account}} gid={{Account}}
        }
        service imap-login {
          inet_listener imap {
            address = {{_imap.Address}}
            port = {{_imap.Port}}
          }
          inet_listener imaps {
            port = 0
          }
        }
        service lmtp {
          unix_listener {{Lmtp}} {
            mode = 0666
          }
          inet_listener lmtp {
            address = {{LmtpEndpoint.Address}}
            port = {{LmtpEndpoint.Port}}
          }
        }
        service auth {
          unix_listener {{AuthSocket}} {
            mode = 0666
          }
        }
        auth_failure_delay = 0
        service anvil {
          unix_listener anvil-auth-penalty {
            mode = 0
          }
        }
        service stats {
          unix_listener stats-writer {
            mode = 0666
          }
        }

        """;
}
