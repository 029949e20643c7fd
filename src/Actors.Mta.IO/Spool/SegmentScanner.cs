using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>A record found in a segment.</summary>
/// <param name="BodyOffset">Of the first octet of the body.</param>
internal readonly record struct ScannedRecord(RecordHeader Header, long BodyOffset)
{
    public long End => BodyOffset + Header.Length;
}

/// <summary>
/// Reads the records of a segment from front to back. Bodies are stepped over, or checked against their sum when
/// <paramref name="verifyBodies"/>. Octets that are no good record (a torn tail, a bad block) are skipped up to the next
/// good one: what comes behind them may be acknowledged mail. A skipped-to record must be of the same salt and is always
/// checked whole.
/// </summary>
internal sealed class SegmentScanner(Microsoft.Win32.SafeHandles.SafeFileHandle file, long length, bool verifyBodies)
{
    private const int HeaderWindow = 8 * 1024;
    private const int SearchWindow = 64 * 1024;

    private readonly byte[] _buffer = new byte[SearchWindow];
    private long _bufferStart;
    private int _buffered;
    private long _position;

    public ScannedRecord Current { get; private set; }

    public uint? Salt { get; private set; }

    /// <summary>End of the last good record so far.</summary>
    public long GoodLength { get; private set; }

    public bool MoveNext()
    {
        if (TryRecordAt(_position, verifyBodies, out var record) || TrySearch(_position + 1, out record))
        {
            Current = record;
            Salt ??= record.Header.Salt;
            GoodLength = _position = record.End;
            return true;
        }
        return false;
    }

    private bool TryRecordAt(long offset, bool verify, out ScannedRecord record)
    {
        record = default;
        if (!RecordHeader.TryRead(Window(offset, RecordHeader.Size, HeaderWindow), out var header)) return false;
        if (Salt is { } salt && header.Salt != salt) return false;
        record = new ScannedRecord(header, offset + RecordHeader.Size);
        return record.End <= length && (!verify || BodyIsGood(record));
    }

    private bool TrySearch(long offset, out ScannedRecord record)
    {
        while (offset + RecordHeader.Size <= length)
        {
            var window = Window(offset, RecordHeader.Size, SearchWindow);
            var found = window.IndexOf(RecordHeader.Magic);
            if (found < 0) offset += window.Length - RecordHeader.Magic.Length + 1;
            else if (TryRecordAt(offset + found, verify: true, out record)) return true;
            else offset += found + 1;
        }
        record = default;
        return false;
    }

    private bool BodyIsGood(in ScannedRecord record)
    {
        var state = Crc32C.Start;
        for (var offset = record.BodyOffset; offset < record.End;)
        {
            var piece = Window(offset, 1, SearchWindow);
            if (piece.IsEmpty) return false;
            if (piece.Length > record.End - offset) piece = piece[..(int)(record.End - offset)];
            state = Crc32C.Append(state, piece);
            offset += piece.Length;
        }
        return Crc32C.Finish(state) == record.Header.BodyCrc;
    }

    /// <summary>Octets from the offset: at least so many, if the segment has them.</summary>
    private ReadOnlySpan<byte> Window(long offset, int atLeast, int readAhead)
    {
        var from = offset - _bufferStart;
        if (from < 0 || from + Math.Min(atLeast, length - offset) > _buffered)
        {
            var wanted = (int)Math.Clamp(length - offset, 0, readAhead);
            (_bufferStart, _buffered, from) = (offset, 0, 0);
            while (_buffered < wanted)
            {
                var count = RandomAccess.Read(file, _buffer.AsSpan(_buffered, wanted - _buffered), offset + _buffered);
                if (count == 0) break;
                _buffered += count;
            }
        }
        return _buffer.AsSpan((int)from, _buffered - (int)from);
    }
}
