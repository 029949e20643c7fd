using Actors.Mta.Core.Mail;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Spool;

/// <summary>A body that is in memory, hot or read whole. Its memory goes back when it is disposed.</summary>
internal sealed class MemoryBody(ReadOnlyMemory<byte> content, Action giveBack) : ISpoolBody
{
    private int _disposed;

    public long Length => content.Length;

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        memory = content;
        return true;
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= content.Length) return new ValueTask<int>(0);
        var count = (int)Math.Min(buffer.Length, content.Length - offset);
        content.Span.Slice((int)offset, count).CopyTo(buffer.Span);
        return new ValueTask<int>(count);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) giveBack();
    }
}

/// <summary>
/// A body that is read from a file in pieces. When it is read in order and its sum is known, the last piece is given out only
/// when the sum is right: a damaged body ends in an <see cref="IOException"/>, never as a complete message.
/// </summary>
internal sealed class FileBody(MessageId id, SafeFileHandle file, long start, long length, uint? sum, Action close) : ISpoolBody
{
    private uint _state = Crc32C.Start;
    private long _summed;
    private int _disposed;

    public long Length => length;

    public bool TryGetMemory(out ReadOnlyMemory<byte> content)
    {
        content = default;
        return false;
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, Math.Max(length - offset, 0));
        if (wanted == 0) return 0;
        var count = await RandomAccess.ReadAsync(file, buffer[..wanted], start + offset, cancel).ConfigureAwait(false);
        if (count == 0) throw new IOException($"The body of {id} ends {length - offset} octets early in the spool.");
        Sum(offset, buffer.Span[..count]);
        return count;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) close();
    }

    private void Sum(long offset, ReadOnlySpan<byte> octets)
    {
        if (sum is null || offset != _summed) return;
        _state = Crc32C.Append(_state, octets);
        _summed += octets.Length;
        if (_summed == length && Crc32C.Finish(_state) != sum) throw Damaged(id);
    }

    internal static IOException Damaged(MessageId id) => new($"The body of {id} is damaged in the spool: its sum is wrong.");
}
