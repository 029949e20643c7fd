using System.Buffers;
using System.Text;
using Actors.Mta.Core.Smtp;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Smtp;

public sealed class DotStuffingTests
{
    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r", "a\r\r\n.\r\n")]
    [InlineData("a\n", "a\n\r\n.\r\n")]
    [InlineData("\r\n", "\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData(".\r\n", "..\r\n.\r\n")]
    [InlineData("..\r\n.a\r\na.\r\n", "...\r\n..a\r\na.\r\n.\r\n")]
    [InlineData("\r\n.\r\n.\r\n", "\r\n..\r\n..\r\n.\r\n")]
    [InlineData("a\n.b\r.c\r\n", "a\n.b\r.c\r\n.\r\n")]
    public void Doubles_a_dot_at_the_start_of_a_line_and_ends_with_a_dot(string message, string wire)
    {
        var octets = Encoding.Latin1.GetBytes(message);
        Assert.Equal(wire, Encoding.Latin1.GetString(Send([octets])));
        Assert.Equal(wire, Encoding.Latin1.GetString(Send([.. octets.Select(o => new[] { o })])));
    }

    [Property(MaxTest = 500)]
    public Property It_does_not_matter_how_the_message_is_cut() =>
        Prop.ForAll(Pieces.Cut(Pieces.Wire).ToArbitrary(), message => Send(message.Cut).SequenceEqual(Send([message.Octets])));

    [Property(MaxTest = 1000)]
    public Property The_receiver_gets_what_was_sent() =>
        Prop.ForAll(Pieces.Cut(Pieces.Lines).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (message, seed) =>
        {
            var complete = message.Octets is [] or [.., (byte)'\r', (byte)'\n'] ? message.Octets : [.. message.Octets, (byte)'\r', (byte)'\n'];
            byte[] wire = [.. Send(message.Cut), .. "NEXT"u8];
            var received = Scanned.Data(Pieces.Cut(wire, seed), limits: new SessionLimits { Hops = int.MaxValue });
            return received.Ended && received.Refusal is null && received.Rest == "NEXT" && received.Message.SequenceEqual(complete);
        });

    internal static byte[] Send(byte[][] pieces)
    {
        var stuffing = new DotStuffing();
        var output = new ArrayBufferWriter<byte>();
        foreach (var piece in pieces) stuffing.Write(piece, output);
        stuffing.End(output);
        return output.WrittenSpan.ToArray();
    }
}
