using System.Buffers;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>Opens bodies that are in a segment and no longer in memory.</summary>
internal static class ColdBodies
{
    /// <summary>Bodies up to this size are read whole and checked before the first octet is given out.</summary>
    private const int ReadWholeUpTo = 64 * 1024;

    /// <summary>Takes over the hold of the segment in <paramref name="place"/>.</summary>
    /// <exception cref="IOException">The record cannot be read, or is damaged.</exception>
    public static async ValueTask<ISpoolBody> OpenAsync(MessageId id, Segment segment, BodyPlace place, SpoolLedger ledger, CancellationToken cancel)
    {
        var whole = place.Length <= ReadWholeUpTo;
        var wanted = RecordHeader.Size + (whole ? (int)place.Length : 0);
        var buffer = ArrayPool<byte>.Shared.Rent(wanted);
        try
        {
            await ReadAsync(segment, place.Offset - RecordHeader.Size, buffer.AsMemory(0, wanted), id, cancel).ConfigureAwait(false);
            if (!RecordHeader.TryRead(buffer, out var header) || header.Id != id || header.Length != place.Length) throw FileBody.Damaged(id);
            if (!whole)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return new FileBody(id, segment.File, place.Offset, place.Length, header.BodyCrc, () => ledger.EndHold(segment));
            }
            var content = buffer.AsMemory(RecordHeader.Size, header.Length);
            if (Crc32C.Of(content.Span) != header.BodyCrc) throw FileBody.Damaged(id);
            ledger.EndHold(segment);
            return new MemoryBody(content, () => ArrayPool<byte>.Shared.Return(buffer));
        }
        catch
        {
            // The buffer is left to the collector: a read that was cancelled may still fill it.
            ledger.EndHold(segment);
            throw;
        }
    }

    private static async ValueTask ReadAsync(Segment segment, long offset, Memory<byte> target, MessageId id, CancellationToken cancel)
    {
        while (!target.IsEmpty)
        {
            var count = await RandomAccess.ReadAsync(segment.File, target, offset, cancel).ConfigureAwait(false);
            if (count == 0) throw FileBody.Damaged(id);
            (target, offset) = (target[count..], offset + count);
        }
    }
}
