using System.Globalization;

namespace Actors.Mta.IO.Local;

/// <summary>
/// What a mailbox holds, by the rules of Maildir++: the file maildirsize names the quota in its first line ("1000000S"), each
/// further line is a change ("1234 1"). The file is made anew by counting when it is missing, long, for another quota, or when it
/// says that the mailbox is full and has changed since it was counted, for readers delete without writing it down.
/// Callers see to it that one mailbox is used by one of them at a time.
/// </summary>
internal sealed class MaildirQuota(string maildir, long limit, TimeProvider clock)
{
    private const string FileName = "maildirsize";
    private const int LongestFile = 5120;
    private static readonly TimeSpan Trusted = TimeSpan.FromMinutes(15);

    private readonly string _file = Path.Combine(maildir, FileName);

    /// <summary>True when so many octets more would be too many.</summary>
    /// <exception cref="IOException">The mailbox cannot be read.</exception>
    public bool IsFullFor(long octets)
    {
        if (TryRead(out var used, out var counted) && (used + octets <= limit || counted)) return used + octets > limit;
        return Count() + octets > limit;
    }

    /// <summary>Writes a delivered message down.</summary>
    public void Add(long octets)
    {
        using var file = new FileStream(_file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(Line(octets, 1));
    }

    /// <param name="counted">True when the file was counted lately and holds nothing else.</param>
    private bool TryRead(out long used, out bool counted)
    {
        (used, counted) = (0, false);
        var file = new FileInfo(_file);
        if (!file.Exists || file.Length > LongestFile) return false;
        var lines = File.ReadAllLines(_file);
        if (lines.Length < 2 || lines[0].Split(',')[0] != FirstLine()) return false;
        foreach (var line in lines.AsSpan(1))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 2 || !long.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var size)) return false;
            used += size;
        }
        counted = lines.Length == 2 && clock.GetUtcNow() - file.LastWriteTimeUtc < Trusted;
        return true;
    }

    private long Count()
    {
        long octets = 0;
        var messages = 0;
        foreach (var path in Messages())
        {
            octets += MaildirName.SizeOf(Path.GetFileName(path)) ?? SizeOnDisk(path);
            messages++;
        }
        var draft = Path.Combine(maildir, "tmp", $"{FileName}.{Guid.NewGuid():N}");
        File.WriteAllBytes(draft, [.. System.Text.Encoding.ASCII.GetBytes(FirstLine() + "\n"), .. Line(octets, messages)]);
        File.Move(draft, _file, overwrite: true);
        return octets;
    }

    /// <summary>All folders but the trash; messages marked as deleted do not count.</summary>
    private IEnumerable<string> Messages()
    {
        var folders = Directory.EnumerateDirectories(maildir, ".*").Where(f => Path.GetFileName(f) != ".Trash").Prepend(maildir);
        return folders
            .SelectMany(folder => new[] { Path.Combine(folder, "new"), Path.Combine(folder, "cur") })
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFiles)
            .Where(path => !IsDeleted(Path.GetFileName(path)));
    }

    private static bool IsDeleted(string name)
    {
        var flags = name.LastIndexOf(":2,", StringComparison.Ordinal);
        return flags >= 0 && name.IndexOf('T', flags) >= 0;
    }

    /// <summary>A reader may have moved it since it was listed; it is counted the next time.</summary>
    private static long SizeOnDisk(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }

    private string FirstLine() => string.Create(CultureInfo.InvariantCulture, $"{limit}S");

    private static byte[] Line(long octets, int messages) =>
        System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{octets} {messages}\n"));
}
