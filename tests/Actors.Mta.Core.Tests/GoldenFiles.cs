using System.Runtime.CompilerServices;

namespace Actors.Mta.Core.Tests;

/// <summary>
/// Files under tests/golden: formats that others read, compared octet for octet. With UPDATE_GOLDEN=1 in the environment the
/// files are written instead; the diff is then for a person to review.
/// </summary>
internal static class GoldenFiles
{
    public static string Directory(params string[] parts) => Path.Combine([Root(), .. parts]);

    public static void AssertEqual(string path, byte[] actual)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllBytes(path, actual);
        var expected = File.ReadAllBytes(path);
        // As text first: a difference is shown where it is.
        Assert.Equal(System.Text.Encoding.Latin1.GetString(expected), System.Text.Encoding.Latin1.GetString(actual));
    }

    private static string Root([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "golden"));
}
