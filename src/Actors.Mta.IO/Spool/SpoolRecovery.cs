using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// Finds at start what the spool holds. Of sealed segments only the headers are read; bodies are checked in the last segment,
/// where a crash may have torn a write. Rubbish behind the last good record of any segment is cut off.
/// </summary>
internal static class SpoolRecovery
{
    /// <returns>Number for the next segment.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static int Run(SpoolOptions options, ISpoolDisk disk, LargeBodies large, SpoolLedger ledger, CancellationToken cancel)
    {
        var files = new SortedDictionary<int, string>();
        foreach (var path in Directory.EnumerateFiles(options.Directory, Segment.Pattern))
        {
            if (Segment.TryParseNumber(path, out var number)) files[number] = path;
        }
        var last = files.Count == 0 ? 0 : files.Keys.Last();
        foreach (var (number, path) in files)
        {
            cancel.ThrowIfCancellationRequested();
            Recover(number, path, number == last, disk, ledger);
        }
        large.Recover(ledger);
        ledger.RecoveryEnded();
        return last + 1;
    }

    private static void Recover(int number, string path, bool verifyBodies, ISpoolDisk disk, SpoolLedger ledger)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var length = RandomAccess.GetLength(file);
            EnsureKnownFormat(file, path);
            var scanner = new SegmentScanner(file, length, verifyBodies);
            var records = new List<ScannedRecord>();
            while (scanner.MoveNext()) records.Add(scanner.Current);
            if (scanner.GoodLength < length) CutTail(file, scanner.GoodLength, disk);
            var segment = new Segment(number, path, file, scanner.Salt ?? 0) { Length = scanner.GoodLength };
            ledger.BeginRecovered(segment);
            foreach (var record in records) ledger.Recover(segment, record.Header.Id, record.BodyOffset, record.Header.Length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What a newer version wrote must not be taken for rubbish.</summary>
    private static void EnsureKnownFormat(SafeFileHandle file, string path)
    {
        Span<byte> start = stackalloc byte[RecordHeader.Magic.Length];
        var count = RandomAccess.Read(file, start, 0);
        if (count == start.Length && start[..^1].SequenceEqual(RecordHeader.Magic[..^1]) && start[^1] > RecordHeader.Magic[^1])
            throw new IOException($"'{path}' has format {start[^1]}, written by a newer version; this one knows {RecordHeader.Magic[^1]}.");
    }

    private static void CutTail(SafeFileHandle file, long length, ISpoolDisk disk)
    {
        disk.Truncate(file, length);
        disk.Sync(file);
    }
}
