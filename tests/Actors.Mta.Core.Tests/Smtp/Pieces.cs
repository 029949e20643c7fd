using System.Buffers;
using FsCheck;
using FsCheck.Fluent;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>Octets cut into pieces, as a network cuts them.</summary>
internal static class Pieces
{
    /// <summary>Octets of which many are line ends and dots.</summary>
    public static Gen<byte[]> Wire =>
        from parts in Gen.ListOf(Gen.Elements("\r\n", "\r\n", "\r", "\n", ".", ".", "a", "Received:", "\r\n.\r\n", ":", "\0", "\u00ff"))
        select parts.SelectMany(p => p.Select(c => (byte)c)).ToArray();

    /// <summary>Octets without a bare CR or LF; the last line may lack its end.</summary>
    public static Gen<byte[]> Lines =>
        from parts in Gen.ListOf(Gen.OneOf(
            Gen.Elements("\r\n"u8.ToArray(), "\r\n."u8.ToArray(), "."u8.ToArray(), ".."u8.ToArray(), "\r\n\r\n"u8.ToArray()),
            from octet in Gen.Choose(0, 255) where octet is not ('\r' or '\n') select new[] { (byte)octet }))
        select parts.SelectMany(p => p).ToArray();

    public static Gen<(byte[] Octets, byte[][] Cut)> Cut(Gen<byte[]> octets) =>
        from whole in octets
        from seed in Gen.Choose(0, int.MaxValue)
        select (whole, Cut(whole, seed));

    public static byte[][] Cut(byte[] whole, int seed)
    {
        var random = new System.Random(seed);
        var most = 1 + random.Next(20);
        var pieces = new List<byte[]>();
        for (var at = 0; at < whole.Length;)
        {
            var length = Math.Min(random.Next(most + 1), whole.Length - at);
            pieces.Add(whole[at..(at + length)]);
            at += length;
        }
        return [.. pieces];
    }

    /// <summary>One sequence of many segments.</summary>
    public static ReadOnlySequence<byte> Sequence(IEnumerable<byte[]> pieces)
    {
        Segment? first = null, last = null;
        foreach (var piece in pieces)
        {
            last = new Segment(piece, last);
            first ??= last;
        }
        return first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] octets, Segment? before)
        {
            Memory = octets;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
