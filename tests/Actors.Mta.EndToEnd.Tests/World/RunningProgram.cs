using System.Diagnostics;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A program that runs beside the test, its output gathered line by line. Killed when disposed.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly bool _leads;

    private RunningProgram(Process process, string name, bool leads)
    {
        _process = process;
        _leads = leads;
        Name = name;
        process.OutputDataReceived += OnLine;
        process.ErrorDataReceived += OnLine;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>What it has written so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    public static RunningProgram Start(string program, IEnumerable<string> arguments, string directory, string name) =>
        Start(program, arguments, directory, name, leads: false);

    /// <summary>
    /// Starts a server that has processes of its own, as the leader of a process group that ends as one: those would outlive
    /// it, and hold its output open.
    /// </summary>
    public static RunningProgram StartLeader(string program, IEnumerable<string> arguments, string directory, string name) =>
        Start("setsid", [program, .. arguments], directory, name, leads: true);

    /// <returns>The last lines, for a failure message.</returns>
    public string Tail(int lines) => string.Join('\n', Lines.TakeLast(lines).Prepend($"{Name}:"));

    public void Signal(int signal) => Signals.Send(_process.Id, signal);

    /// <summary>SIGKILL: no warning, no clean-up.</summary>
    public async Task KillAsync()
    {
        if (_leads) Signals.SendToGroup(_process.Id, Signals.Kill);
        else if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits for the end it comes to by itself.</summary>
    public Task WaitForExitAsync(TimeSpan within) => _process.WaitForExitAsync().WaitAsync(within);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static RunningProgram Start(string program, IEnumerable<string> arguments, string directory, string name, bool leads)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new RunningProgram(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"), name, leads);
    }

    private void OnLine(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is null) return;
        lock (_lines) _lines.Add(e.Data);
    }
}
