using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>
/// A PostgreSQL of the lab's own, with an empty database "mail", reached over a Unix socket. It does not run as root: a lab that does
/// starts it as the account "postgres". Fails with an <see cref="IOException"/> that says what is missing.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const int Port = 5432;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory;
    private readonly string _programs;
    private readonly IPAddress? _address;

    private PostgresServer(string directory, string programs, IPAddress? address) => (_directory, _programs, _address) = (directory, programs, address);

    /// <summary>For ADO.NET.</summary>
    public string ConnectionString => $"Host={(object?)_address ?? _directory};Port={PortText};Username=postgres;Database=mail";

    /// <param name="address">Where it listens for TCP, of a network without strangers; null: nowhere.</param>
    public static async Task<PostgresServer> StartAsync(IPAddress? address, CancellationToken cancel)
    {
        var programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(d => Path.Combine(d, "bin")).LastOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
            : null;
        if (programs is null) throw new IOException("PostgreSQL is not installed here; with Debian or Ubuntu: apt-get install postgresql");
        // Short: the path of a socket has at most 107 octets.
        var server = new PostgresServer(Directory.CreateTempSubdirectory("mta-pg-").FullName, programs, address);
        try
        {
            if (Environment.IsPrivilegedProcess) await RunAsync("chown", ["postgres", server._directory], cancel);
            await server.RunAsync(cancel, "initdb", "-D", server.Data, "-A", "trust", "-U", "postgres", "--no-sync");
            if (address is not null) await File.AppendAllTextAsync(Path.Combine(server.Data, "pg_hba.conf"), "host all all samenet trust\n", cancel);
            await server.ResumeAsync(cancel);
            await server.RunAsync(cancel, "createdb", "-h", server._directory, "-p", PortText, "-U", "postgres", "mail");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it, as when its machine goes down; what it has committed is kept.</summary>
    public Task StopAsync() => RunAsync(CancellationToken.None, "pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    public Task ResumeAsync(CancellationToken cancel) => RunAsync(
        cancel, "pg_ctl", "-D", Data, "-l", Path.Combine(_directory, "log"), "-w", "-o", $"-k {_directory} -p {PortText} -c listen_addresses={_address} -c max_connections=300", "start");

    /// <summary>It stands still, with all its connections, until <see cref="GoOnAsync"/>.</summary>
    public Task HaltAsync() => SignalAsync("STOP");

    public Task GoOnAsync() => SignalAsync("CONT");

    private async Task SignalAsync(string name)
    {
        // The postmaster first: it begins no other while its workers are told. One of them may have ended meanwhile, which is no failure.
        using var kill = Process.Start("kill", [$"-{name}", .. (await ProcessesAsync()).Select(p => p.ToString(CultureInfo.InvariantCulture))]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Of all its processes, also of those that have ended, since it was started last.</summary>
    public async Task<double> CpuSecondsAsync()
    {
        var processes = await ProcessesAsync();
        var sum = (await ProcessStat.ReadAsync(processes[0])).ChildrenCpuSeconds;
        foreach (var process in processes)
        {
            try
            {
                sum += (await ProcessStat.ReadAsync(process)).CpuSeconds;
            }
            catch (IOException)
            {
                // It has ended since it was listed: a few hundredths of a second are missing.
            }
        }
        return Math.Round(sum, 2);
    }

    /// <summary>The postmaster, then its workers.</summary>
    private async Task<int[]> ProcessesAsync()
    {
        var postmaster = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        var workers = await File.ReadAllTextAsync($"/proc/{postmaster}/task/{postmaster}/children");
        return [.. workers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Prepend(postmaster).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
    }

    /// <summary>Runs a statement in the database.</summary>
    /// <returns>Its rows, values parted by "|".</returns>
    public async Task<string[]> QueryAsync(string sql, CancellationToken cancel)
    {
        var said = await RunAsync(cancel, "psql", "-h", _directory, "-p", PortText, "-U", "postgres", "-d", "mail", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private string Data => Path.Combine(_directory, "data");

    private static string PortText => Port.ToString(CultureInfo.InvariantCulture);

    private Task<string> RunAsync(CancellationToken cancel, string program, params string[] arguments)
    {
        var path = Path.Combine(_programs, program);
        return Environment.IsPrivilegedProcess ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments], cancel) : RunAsync(path, arguments, cancel);
    }

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancel)
    {
        // The server that pg_ctl starts would keep a pipe open: what it says goes to files.
        var said = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
            foreach (var word in (string[])["-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "sh", said, program, .. arguments]) start.ArgumentList.Add(word);
            using var process = Process.Start(start) ?? throw new IOException($"{program} does not start");
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Patience);
            await process.WaitForExitAsync(limit.Token);
            var output = await File.ReadAllTextAsync(said, cancel);
            return process.ExitCode == 0 ? output : throw new IOException($"{Path.GetFileName(program)} failed:\n{output}");
        }
        finally
        {
            File.Delete(said);
        }
    }
}
