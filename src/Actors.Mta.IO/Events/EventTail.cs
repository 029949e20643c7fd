using System.Globalization;

namespace Actors.Mta.IO.Events;

/// <summary>Where in an event log a reader is: in the file that begins at <paramref name="File"/>, behind so many octets of its text.</summary>
public readonly record struct EventCursor(DateTimeOffset File, long Offset)
{
    /// <summary>"2026-11-28T19:20:00.1230000+00:00 4711".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File.ToUniversalTime():O} {Offset}");

    public static bool TryParse(string text, out EventCursor cursor)
    {
        cursor = default;
        if (text.Trim().Split(' ') is not [var file, var offset]) return false;
        if (!DateTimeOffset.TryParseExact(file, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var since)) return false;
        if (!long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var octets)) return false;
        cursor = new EventCursor(since, octets);
        return true;
    }
}

/// <summary>
/// Reads an event log from a cursor on, as far as it is written, over the ends of its files and while they are compressed. Not for several threads at once.
/// </summary>
public sealed class EventTail(string directory, EventCursor from) : IDisposable
{
    private const int Piece = 64 * 1024;

    private Stream? _file;
    private byte[] _held = new byte[Piece];
    private int _count;

    /// <summary>Behind the last line that was read.</summary>
    public EventCursor Cursor { get; private set; } = from;

    /// <summary>The end of what is written now.</summary>
    public static EventCursor EndOf(string directory)
    {
        if (EventFiles.In(directory) is not [.., var last]) return new EventCursor(DateTimeOffset.UnixEpoch, 0);
        if (!EventFiles.IsCompressed(last.Path)) return new EventCursor(last.Since, new FileInfo(last.Path).Length);
        // Complete: the next file is what is new.
        return new EventCursor(last.Since.AddMilliseconds(1), 0);
    }

    /// <summary>The next lines, without their ends; fewer, or none, when no more is written.</summary>
    /// <param name="octets">About so many at the most.</param>
    /// <param name="skipped">Files that were removed before they were read (mta.events.keep-bytes) lie in between: what was in them is missing.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public List<ReadOnlyMemory<byte>> Read(int lines, int octets, out bool skipped)
    {
        skipped = false;
        var found = new List<ReadOnlyMemory<byte>>();
        while (found.Count < lines && octets > 0)
        {
            // Listed before the end is looked for: what a file has once there is a later one is all that it will ever have.
            var files = EventFiles.In(directory);
            if (_file is null && !Open(files, ref skipped)) break;
            if (TakeLines(found, lines, ref octets)) continue;
            var later = files.FindIndex(f => f.Since > Cursor.File);
            if (later < 0) break;
            if (TakeLines(found, lines, ref octets)) continue;
            Close();
            // A line without an end is the last one of a node that was killed.
            Cursor = new EventCursor(files[later].Since, 0);
        }
        return found;
    }

    public void Dispose() => Close();

    /// <returns>False: there is nothing to read yet.</returns>
    private bool Open(List<(string Path, DateTimeOffset Since)> files, ref bool skipped)
    {
        var at = files.FindIndex(f => f.Since >= Cursor.File);
        if (at < 0) return false;
        try
        {
            _file = EventFiles.Open(files[at].Path);
        }
        catch (FileNotFoundException)
        {
            // Removed just now: the list is old.
            return false;
        }
        if (files[at].Since != Cursor.File)
        {
            skipped = Cursor.Offset > 0;
            Cursor = new EventCursor(files[at].Since, 0);
        }
        _count = 0;
        for (var left = Cursor.Offset; left > 0;)
        {
            var read = _file.Read(_held, 0, (int)Math.Min(_held.Length, left));
            // Shorter than it was: what was not on stable storage went with the power.
            if (read == 0) break;
            left -= read;
        }
        return true;
    }

    /// <returns>False at the end of what is written.</returns>
    private bool TakeLines(List<ReadOnlyMemory<byte>> found, int lines, ref int octets)
    {
        var any = false;
        while (found.Count < lines && octets > 0)
        {
            var end = _held.AsSpan(0, _count).IndexOf((byte)'\n');
            if (end >= 0)
            {
                found.Add(_held[..end]);
                _held.AsSpan(end + 1, _count - end - 1).CopyTo(_held);
                _count -= end + 1;
                Cursor = Cursor with { Offset = Cursor.Offset + end + 1 };
                octets -= end;
                any = true;
                continue;
            }
            if (_count == _held.Length) Array.Resize(ref _held, _held.Length * 2);
            var read = _file!.Read(_held, _count, _held.Length - _count);
            if (read == 0) return any;
            _count += read;
        }
        return true;
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
        _count = 0;
    }
}
