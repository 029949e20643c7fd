using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// One append-only file of bodies. The numbers are guarded by the ledger's lock; the file is written by the writer only and
/// may be read by anyone who holds the segment.
/// </summary>
internal sealed class Segment(int number, string path, SafeFileHandle file, uint salt)
{
    public const string Pattern = "segment-*.spool";

    public int Number { get; } = number;
    public string Path { get; } = path;
    public SafeFileHandle File { get; } = file;
    public uint Salt { get; } = salt;

    /// <summary>Octets of good records; the next one goes here.</summary>
    public long Length { get; set; }
    /// <summary>Octets of records whose body is needed.</summary>
    public long LiveOctets { get; set; }
    public int LiveBodies { get; set; }
    /// <summary>Nothing will be appended.</summary>
    public bool Sealed { get; set; }
    /// <summary>Freed: deleted, or about to be.</summary>
    public bool Gone { get; set; }
    /// <summary>Waits to be compacted, or cannot be because it is damaged.</summary>
    public bool CompactionClaimed { get; set; }
    /// <summary>Bodies open and chores under way; the file stays open for them after it was deleted.</summary>
    public int Holds { get; set; }
    /// <summary>Images of parts of the file in memory, by offset.</summary>
    public List<HotBlock> Hot { get; } = [];

    public static string FileName(int number) => $"segment-{number:D6}.spool";

    public static bool TryParseNumber(string path, out int number) =>
        int.TryParse(
            System.IO.Path.GetFileNameWithoutExtension(path)["segment-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
