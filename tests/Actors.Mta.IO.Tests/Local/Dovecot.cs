using System.Diagnostics;
using System.Net.Sockets;

namespace Actors.Mta.IO.Tests.Local;

/// <summary>
/// A real LMTP server on a Unix domain socket: Dovecot with a configuration of its own. bob has a mailbox, carol has one that is
/// full, nobody else has any. Dovecot drops its rights, so it has to be started by root.
/// </summary>
public sealed class Dovecot : IAsyncLifetime
{
    private const string Program = "/usr/sbin/dovecot";
    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
    private readonly string _directory = Directory.CreateTempSubdirectory("dovecot-").FullName;
    private Process? _process;

    public static bool CanRun => File.Exists(Program) && Environment.UserName == "root";

    public string SocketPath => Path.Combine(_directory, "run", "lmtp");

    public string[] Mailbox(string user) => Directory.GetFiles(Path.Combine(_directory, "mail", user, "new"));

    public async Task InitializeAsync()
    {
        if (!CanRun) return;
        var users = Path.Combine(_directory, "users");
        await File.WriteAllTextAsync(users, $"""
            bob@example.test:x:65534:65534::{_directory}/mail/bob::
            carol@example.test:x:65534:65534::{_directory}/mail/carol::userdb_quota_rule=*:bytes=1

            """);
        foreach (var path in new[] { _directory, Directory.CreateDirectory(Path.Combine(_directory, "mail")).FullName })
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, Everybody);
        var configuration = Path.Combine(_directory, "dovecot.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            base_dir = {{_directory}}/run
            log_path = {{_directory}}/log
            protocols = lmtp
            ssl = no
            first_valid_uid = 1
            mail_location = maildir:~
            mail_plugins = quota
            plugin {
              quota = maildir:Mailbox
            }
            passdb {
              driver = passwd-file
              args = {{users}}
            }
            userdb {
              driver = passwd-file
              args = {{users}}
            }
            service lmtp {
              unix_listener lmtp {
                mode = 0666
              }
            }
            """);
        _process = Process.Start(new ProcessStartInfo(Program, ["-F", "-c", configuration]) { RedirectStandardError = true })!;
        await AnswersAsync(_process);
    }

    public async Task DisposeAsync()
    {
        if (_process is { } process)
        {
            // SIGTERM, so that it ends its own processes.
            using (var stop = Process.Start("kill", [process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await stop.WaitForExitAsync();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(_directory, recursive: true);
    }

    private async Task AnswersAsync(Process process)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!process.HasExited)
        {
            try
            {
                using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await probe.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), timeout.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, timeout.Token);
            }
        }
        throw new InvalidOperationException($"dovecot: {await process.StandardError.ReadToEndAsync()}");
    }
}
