namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Where the repository is, and which build of it these tests belong to.</summary>
internal static class SourceTree
{
    /// <summary>The directory of the solution.</summary>
    public static readonly string Root = FindRoot();

    /// <summary>"Release" or "Debug": the folder in bin that this assembly was built into.</summary>
    public static readonly string Configuration = Directory.GetParent(AppContext.BaseDirectory.TrimEnd('/'))!.Name;

    /// <summary>A program of this repository, as it was built with the tests.</summary>
    public static string Program(string project, string file) => Path.Combine(Root, "src", project, "bin", Configuration, "net10.0", file);

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Actors.Mta.sln"))) return directory.FullName;
        }
        throw new InvalidOperationException($"No Actors.Mta.sln above {AppContext.BaseDirectory}.");
    }
}
