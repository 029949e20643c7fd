using System.Buffers;
using System.Text;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>What a <see cref="BodyScanner"/> made of some octets.</summary>
internal sealed record Scanned(bool Ended, byte[] Message, string Rest, SmtpReply? Refusal, long Size)
{
    public string Text => Encoding.Latin1.GetString(Message);

    public static Scanned Data(string wire, BareNewline bare = BareNewline.Refuse, SessionLimits? limits = null) =>
        Data([Encoding.Latin1.GetBytes(wire)], bare, limits);

    /// <summary>Each piece as a buffer of its own.</summary>
    public static Scanned Data(byte[][] pieces, BareNewline bare = BareNewline.Refuse, SessionLimits? limits = null) =>
        Data(new BodyScanner(bare, limits ?? new SessionLimits()), pieces);

    public static Scanned Data(BodyScanner scanner, byte[][] pieces)
    {
        var output = new ArrayBufferWriter<byte>();
        for (var i = 0; i < pieces.Length; i++)
        {
            var input = new ReadOnlySequence<byte>(pieces[i]);
            if (!scanner.ReadData(input, output, out var consumed)) continue;
            var rest = input.Slice(consumed).ToArray().Concat(pieces.Skip(i + 1).SelectMany(p => p));
            return Of(scanner, output, ended: true, rest);
        }
        return Of(scanner, output, ended: false, []);
    }

    /// <summary>All pieces in one sequence of segments.</summary>
    public static Scanned Segments(byte[][] pieces, BareNewline bare = BareNewline.Refuse, SessionLimits? limits = null)
    {
        var scanner = new BodyScanner(bare, limits ?? new SessionLimits());
        var output = new ArrayBufferWriter<byte>();
        var input = Pieces.Sequence(pieces);
        var ended = scanner.ReadData(input, output, out var consumed);
        return Of(scanner, output, ended, input.Slice(consumed).ToArray());
    }

    public static Scanned Chunks(byte[][] pieces, BareNewline bare = BareNewline.Refuse, SessionLimits? limits = null) =>
        Chunks(new BodyScanner(bare, limits ?? new SessionLimits()), pieces);

    public static Scanned Chunks(BodyScanner scanner, byte[][] pieces)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var piece in pieces) scanner.ReadChunk(piece, output);
        scanner.EndChunks(output);
        return Of(scanner, output, ended: true, []);
    }

    public static Scanned Chunk(string octets, BareNewline bare = BareNewline.Refuse, SessionLimits? limits = null) =>
        Chunks([Encoding.Latin1.GetBytes(octets)], bare, limits);

    private static Scanned Of(BodyScanner scanner, ArrayBufferWriter<byte> output, bool ended, IEnumerable<byte> rest) =>
        new(ended, output.WrittenSpan.ToArray(), Encoding.Latin1.GetString([.. rest]), scanner.Refusal, scanner.Size);
}
