using System.Buffers.Binary;
using System.Numerics;

namespace Actors.Mta.IO.Spool;

/// <summary>CRC-32C (Castagnoli; RFC 3720 B.4) with the processor's own instruction where it has one. Never fails.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> octets) => Finish(Append(Start, octets));

    /// <summary>The state before the first octet, for a sum over several pieces.</summary>
    public const uint Start = uint.MaxValue;

    public static uint Finish(uint state) => ~state;

    public static uint Append(uint state, ReadOnlySpan<byte> octets)
    {
        while (octets.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(octets));
            octets = octets[sizeof(ulong)..];
        }
        foreach (var octet in octets) state = BitOperations.Crc32C(state, octet);
        return state;
    }
}
