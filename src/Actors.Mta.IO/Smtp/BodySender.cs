using System.Buffers;
using System.Runtime.CompilerServices;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Smtp;

/// <summary>Sends stored messages over one connection, dot-stuffed for DATA or raw for BDAT, in blocks of 64 KB.</summary>
internal sealed class BodySender(ClientWire wire, TimeSpan perBlock)
{
    private const int Block = 64 * 1024;
    /// <summary>Room for stuffed dots, the end of data or a BDAT line, before the buffer has to grow.</summary>
    private const int Slack = 512;

    private readonly PooledBuffer _output = new(Slack);

    /// <summary>True once the peer may have got the end of the message: from there on a lost connection leaves doubt.</summary>
    public bool EndSent { get; private set; }

    public void Reset() => EndSent = false;

    /// <param name="size">Octets that the peer was told of, with a BDAT line.</param>
    /// <param name="bdatLine">Null for DATA.</param>
    /// <returns>False when the peer spoke before the end: it will hardly want the rest.</returns>
    /// <exception cref="ConversationException">The message cannot be read; a part of it may have been sent.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> SendAsync(ISpoolBody body, long size, ReadOnlyMemory<byte>? bdatLine)
    {
        if (bdatLine is not null && size != body.Length)
            throw new ConversationException($"this node's copy of the message has {body.Length} octets instead of {size}");
        var inMemory = body.TryGetMemory(out var content);
        var scratch = inMemory ? null : ArrayPool<byte>.Shared.Rent((int)Math.Clamp(body.Length, 1, Block));
        try
        {
            _output.GetSpan((int)Math.Min(body.Length, Block) + Slack);
            var stuffing = bdatLine is null ? new DotStuffing() : null;
            if (bdatLine is { } line) _output.Write(line.Span);
            for (long sent = 0; ;)
            {
                var block = scratch is null
                    ? content.Slice((int)sent, (int)Math.Min(Block, body.Length - sent))
                    : await ReadBlockAsync(body, sent, scratch).ConfigureAwait(false);
                sent += block.Length;
                var last = sent == body.Length;
                await SendBlockAsync(block, stuffing, last).ConfigureAwait(false);
                if (last) return true;
                if (wire.Interrupted) return false;
            }
        }
        finally
        {
            _output.Dispose();
            if (scratch is not null) ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendBlockAsync(ReadOnlyMemory<byte> block, DotStuffing? stuffing, bool last)
    {
        if (stuffing is null)
        {
            _output.Write(block.Span);
        }
        else
        {
            stuffing.Write(block.Span, _output);
            if (last) stuffing.End(_output);
        }
        EndSent |= last;
        await wire.WriteAsync(_output.Written, perBlock).ConfigureAwait(false);
        _output.Clear();
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(ISpoolBody body, long offset, byte[] scratch)
    {
        if (offset == body.Length) return default;
        try
        {
            var wanted = (int)Math.Min(scratch.Length, body.Length - offset);
            var count = await body.ReadAsync(offset, scratch.AsMemory(0, wanted)).ConfigureAwait(false);
            return count > 0
                ? scratch.AsMemory(0, count)
                : throw new ConversationException($"this node's copy of the message ends at {offset} of {body.Length} octets");
        }
        catch (IOException e)
        {
            throw new ConversationException($"this node cannot read the message: {e.Message}");
        }
    }
}
