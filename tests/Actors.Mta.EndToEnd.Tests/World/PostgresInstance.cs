using System.Globalization;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// A PostgreSQL with an empty database "mail", reached over a Unix socket. It starts as its own account only, so the test needs root:
/// it is skipped then, or when PostgreSQL is not installed.
/// </summary>
public sealed class PostgresInstance : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string _programs;
    private readonly int _port = Ports.Free();
    private RunningProgram? _process;

    public PostgresInstance(string directory)
    {
        Programs.RequireRoot("PostgreSQL is started under its own account");
        _programs = Directory.GetDirectories("/usr/lib", "postgresql").SelectMany(d => Directory.GetDirectories(d)).Order(StringComparer.Ordinal)
            .Select(d => Path.Combine(d, "bin")).LastOrDefault(d => File.Exists(Path.Combine(d, "initdb"))) ?? "";
        Skip.If(_programs == "", "PostgreSQL is not installed");
        _directory = Path.Combine(directory, "postgresql");
    }

    /// <summary>For ADO.NET.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host={_directory};Port={_port};Username=postgres;Database=mail");

    public async Task StartAsync()
    {
        Directory.CreateDirectory(_directory);
        (await Programs.RunAsync("chown", ["postgres", _directory])).Succeeded();
        var data = Path.Combine(_directory, "data");
        await RunAsync("initdb", "-D", data, "-A", "trust", "--no-sync");
        _process = RunningProgram.Start(
            Programs.Require("runuser"), ["-u", "postgres", "--", Path.Combine(_programs, "postgres"), "-D", data, "-k", _directory, "-h", "", "-p", Port],
            _directory, "PostgreSQL");
        await Eventually.TrueAsync(
            "PostgreSQL answers", async () => (await PsqlAsync("postgres", "SELECT 1")).ExitCode == 0, () => _process.Tail(20));
        (await PsqlAsync("postgres", "CREATE DATABASE mail")).Succeeded();
    }

    /// <summary>Runs statements in the database "mail".</summary>
    public async Task ExecuteAsync(string sql) => (await PsqlAsync("mail", sql)).Succeeded();

    /// <summary>From here on nobody answers.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        await RunAsync("pg_ctl", "-D", Path.Combine(_directory, "data"), "-m", "immediate", "-w", "stop");
        await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private string Port => _port.ToString(CultureInfo.InvariantCulture);

    private Task<ProgramResult> PsqlAsync(string database, string sql) =>
        Programs.RunAsync("runuser", ["-u", "postgres", "--", Path.Combine(_programs, "psql"), "-h", _directory, "-p", Port, "-d", database, "-c", sql]);

    private async Task RunAsync(string program, params string[] arguments) =>
        (await Programs.RunAsync("runuser", ["-u", "postgres", "--", Path.Combine(_programs, program), .. arguments])).Succeeded();
}
