using System.Diagnostics;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// Programs that tests use and that a machine may lack. <see cref="Require"/> skips the test with a reason then;
/// tests/run.sh installs them all when it can.
/// </summary>
public static class Programs
{
    /// <summary>Daemons live in sbin, which is not on everybody's PATH.</summary>
    private static readonly string[] Directories =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin"];

    /// <returns>The path of a program, or null when it is not installed.</returns>
    public static string? Find(string name) =>
        Directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    /// <returns>The path of a program; skips the running test when it is not installed.</returns>
    public static string Require(string name)
    {
        var path = Find(name);
        Skip.If(path is null, $"{name} is not installed");
        return path!;
    }

    /// <summary>Skips the running test unless it runs as root.</summary>
    public static void RequireRoot(string why) => Skip.IfNot(Environment.UserName == "root", $"needs root: {why}");

    /// <summary>Runs a program to its end.</summary>
    /// <param name="environment">Variables on top of those of this process.</param>
    /// <returns>Exit code and what it wrote, standard output and error each.</returns>
    public static async Task<ProgramResult> RunAsync(
        string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input = default,
        IReadOnlyDictionary<string, string>? environment = null, TimeSpan? within = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading all of its input; how it ended is in the result.
        }
        await process.WaitForExitAsync().WaitAsync(within ?? TimeSpan.FromMinutes(2));
        return new ProgramResult(process.ExitCode, await output, await error);
    }
}

/// <summary>How a program ended.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    /// <summary>This result, when the program ended with 0; else the test fails with what it wrote.</summary>
    /// <param name="seen">What else tells why, such as the log of the server that it talked to.</param>
    public ProgramResult Succeeded(Func<string>? seen = null)
    {
        if (ExitCode != 0) Assert.Fail($"exit code {ExitCode}\n{Output}\n{Error}\n{seen?.Invoke()}");
        return this;
    }
}
