namespace Actors.Mta.Engine.Tests;

/// <summary>The directory of Actors.Mta.sln, found upwards from the test's own.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    public static string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (System.IO.File.Exists(System.IO.Path.Combine(directory.FullName, "Actors.Mta.sln"))) return directory.FullName;
        throw new DirectoryNotFoundException("Actors.Mta.sln is not above " + AppContext.BaseDirectory);
    }
}
