using System.Buffers.Binary;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>
/// What stands before each body in a segment, little-endian: magic with version (4), salt of the segment (4), message id (16),
/// length (4), CRC-32C of the body (4), CRC-32C of the header before it (4). The header has a sum of its own, so that a
/// start reads headers only. The salt is drawn per segment: octets that a sender put into a body cannot pass for a record.
/// </summary>
internal readonly record struct RecordHeader(uint Salt, MessageId Id, int Length, uint BodyCrc)
{
    public const int Size = 36;
    private const int Summed = Size - sizeof(uint);

    /// <summary>"SPL" and the version of the format.</summary>
    public static ReadOnlySpan<byte> Magic => "SPL\u0001"u8;

    public void Write(Span<byte> target)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Salt);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Id.High);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], Id.Low);
        BinaryPrimitives.WriteInt32LittleEndian(target[24..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[28..], BodyCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(target[Summed..], Crc32C.Of(target[..Summed]));
    }

    /// <summary>False when the octets are not a header that <see cref="Write"/> wrote.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out RecordHeader header)
    {
        header = default;
        if (source.Length < Size || !source.StartsWith(Magic)) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[Summed..]) != Crc32C.Of(source[..Summed])) return false;
        header = new RecordHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
            new MessageId(BinaryPrimitives.ReadUInt64LittleEndian(source[8..]), BinaryPrimitives.ReadUInt64LittleEndian(source[16..])),
            BinaryPrimitives.ReadInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[28..]));
        return header.Length >= 0;
    }
}
