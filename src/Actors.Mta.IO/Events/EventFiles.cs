using System.Globalization;
using System.IO.Compression;

namespace Actors.Mta.IO.Events;

/// <summary>
/// The files of an event log: "events-20261128T192000.123Z.jsonl", by the time of the first line, and ".gz" once it is complete. They sort by name.
/// </summary>
internal static class EventFiles
{
    private const string Prefix = "events-";
    private const string Plain = ".jsonl";
    private const string Compressed = ".jsonl.gz";
    private const string Form = "yyyyMMdd'T'HHmmss.fff'Z'";

    /// <summary>Who writes to whom is nobody else's to read.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    public static string NameAt(DateTimeOffset time) => Prefix + time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture) + Plain;

    /// <summary>Oldest first. Of one that is just being compressed, the whole one.</summary>
    public static List<(string Path, DateTimeOffset Since)> In(string directory)
    {
        var files = new SortedDictionary<DateTimeOffset, string>();
        foreach (var path in Directory.Exists(directory) ? Directory.GetFiles(directory, Prefix + "*") : [])
        {
            var name = Path.GetFileName(path);
            var suffix = name.EndsWith(Compressed, StringComparison.Ordinal) ? Compressed : name.EndsWith(Plain, StringComparison.Ordinal) ? Plain : null;
            if (suffix is null || !DateTimeOffset.TryParseExact(
                name[Prefix.Length..^suffix.Length], Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since)) continue;
            // The plain one goes when the compressed one is complete.
            if (suffix == Plain || !files.ContainsKey(since)) files[since] = path;
        }
        return [.. files.Select(f => (f.Value, f.Key))];
    }

    /// <exception cref="FileNotFoundException">It has gone meanwhile.</exception>
    public static Stream Open(string path)
    {
        // Compressed since it was listed.
        if (!IsCompressed(path) && !File.Exists(path)) path += ".gz";
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024, FileOptions.SequentialScan);
        return IsCompressed(path) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Puts the compressed file in the place of a complete one.</summary>
    public static void Compress(string path)
    {
        var (unfinished, whole) = (path + ".part", path + ".gz");
        using (var from = File.OpenRead(path))
        using (var to = new GZipStream(Create(unfinished), CompressionLevel.Fastest))
            from.CopyTo(to);
        File.Move(unfinished, whole, overwrite: true);
        File.Delete(path);
    }

    public static bool IsCompressed(string path) => path.EndsWith(Compressed, StringComparison.Ordinal);
}
