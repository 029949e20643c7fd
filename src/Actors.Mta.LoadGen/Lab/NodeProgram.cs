using System.Diagnostics;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>Finds the program `mta`: as told, beside this program, or in the source tree, where it is built when it is not there yet.</summary>
internal static class NodeProgram
{
    private const string Name = "mta";

    /// <exception cref="FormatException">There is none.</exception>
    /// <exception cref="IOException">It cannot be built.</exception>
    public static async Task<string> FindAsync(string? told, CancellationToken cancel)
    {
        if (told is not null) return File.Exists(told) ? Path.GetFullPath(told) : throw new FormatException($"--mta: there is no {told}");
        var beside = Path.Combine(AppContext.BaseDirectory, Name);
        if (File.Exists(beside)) return beside;
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var project = Path.Combine(directory.FullName, "src", "Actors.Mta.Node");
            if (!Directory.Exists(project)) continue;
            var built = Path.Combine(project, "bin", "Release", "net10.0", Name);
            await Console.Error.WriteLineAsync(File.Exists(built) ? "bringing the node up to date …" : "building the node …");
            await BuildAsync(project, cancel);
            return built;
        }
        throw new FormatException("the program mta is not beside this one; say where it is with --mta");
    }

    private static async Task BuildAsync(string project, CancellationToken cancel)
    {
        using var build = Process.Start(new ProcessStartInfo("dotnet", ["build", project, "-c", "Release", "-v", "quiet", "-nologo"]) { RedirectStandardOutput = true })
            ?? throw new IOException("dotnet does not start");
        var output = await build.StandardOutput.ReadToEndAsync(cancel);
        await build.WaitForExitAsync(cancel);
        if (build.ExitCode != 0) throw new IOException($"the node cannot be built:\n{output}");
    }
}
