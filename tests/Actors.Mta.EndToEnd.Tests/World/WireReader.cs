namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// Reads lines and message bodies from a stream, byte for byte and by the letter: only LF ends a line here (so that a
/// missing CR is seen), only CRLF.CRLF ends a body. One reader at a time.
/// </summary>
public sealed class WireReader(Stream stream)
{
    private static readonly byte[] EndOfBody = "\r\n.\r\n"u8.ToArray();

    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Octets that were read from the wire and not used yet.</summary>
    public int Buffered => _end - _start;

    /// <returns>A line with its line end, or null when the stream has ended (an unfinished line is dropped).</returns>
    public async Task<byte[]?> ReadLineAsync(CancellationToken cancel)
    {
        var length = await FindAsync("\n"u8.ToArray(), cancel);
        return length < 0 ? null : Take(length);
    }

    /// <summary>Reads what follows a 354.</summary>
    /// <returns>The message, dots unstuffed, or null when the stream ended before it did.</returns>
    public async Task<byte[]?> ReadBodyAsync(CancellationToken cancel)
    {
        if (!await FillAsync(3, cancel)) return null;
        if (_buffer.AsSpan(_start, 3).SequenceEqual(".\r\n"u8))
        {
            Take(3);
            return [];
        }
        var length = await FindAsync(EndOfBody, cancel);
        return length < 0 ? null : Unstuff(Take(length).AsSpan(..^3));
    }

    /// <returns>Exactly so many octets, or null when the stream ended before.</returns>
    public async Task<byte[]?> ReadExactlyAsync(int count, CancellationToken cancel) =>
        await FillAsync(count, cancel) ? Take(count) : null;

    /// <summary>Reads until at least so many octets have arrived; they are not used up.</summary>
    /// <returns>False when the stream ended before.</returns>
    public async Task<bool> FillAsync(int count, CancellationToken cancel)
    {
        while (Buffered < count)
        {
            if (!await MoreAsync(cancel)) return false;
        }
        return true;
    }

    /// <summary>Drops what is buffered: what came in the clear before TLS has no meaning after it.</summary>
    public void Clear() => _start = _end = 0;

    private async Task<int> FindAsync(byte[] pattern, CancellationToken cancel)
    {
        var searched = 0;
        while (true)
        {
            var at = _buffer.AsSpan(_start + searched, Buffered - searched).IndexOf(pattern);
            if (at >= 0) return searched + at + pattern.Length;
            searched = Math.Max(0, Buffered - pattern.Length + 1);
            if (!await MoreAsync(cancel)) return -1;
        }
    }

    private async Task<bool> MoreAsync(CancellationToken cancel)
    {
        if (_start > 0 && _end == _buffer.Length)
        {
            _buffer.AsSpan(_start, Buffered).CopyTo(_buffer);
            (_start, _end) = (0, Buffered);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel);
        _end += read;
        return read > 0;
    }

    private byte[] Take(int count)
    {
        var taken = _buffer.AsSpan(_start, count).ToArray();
        _start += count;
        if (_start == _end) _start = _end = 0;
        return taken;
    }

    /// <summary>Drops the first dot of every line that begins with one (RFC 5321 4.5.2).</summary>
    private static byte[] Unstuff(ReadOnlySpan<byte> stuffed)
    {
        var message = new MemoryStream(stuffed.Length);
        if (stuffed.StartsWith("."u8)) stuffed = stuffed[1..];
        while (true)
        {
            var at = stuffed.IndexOf("\r\n."u8);
            if (at < 0) break;
            message.Write(stuffed[..(at + 2)]);
            stuffed = stuffed[(at + 3)..];
        }
        message.Write(stuffed);
        return message.ToArray();
    }
}
