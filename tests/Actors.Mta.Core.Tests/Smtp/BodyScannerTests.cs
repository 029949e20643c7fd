using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Actors.Mta.Core.Smtp;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Smtp;

public sealed class BodyScannerTests
{
    [Theory]
    [InlineData(".\r\n", "", "")]
    [InlineData(".\r\nQUIT\r\n", "", "QUIT\r\n")]
    [InlineData("a\r\n.\r\n", "a\r\n", "")]
    [InlineData("\r\n.\r\n", "\r\n", "")]
    [InlineData("..\r\n.\r\n", ".\r\n", "")]
    [InlineData("...\r\n.\r\n", "..\r\n", "")]
    [InlineData(".a\r\n.\r\n", "a\r\n", "")]
    [InlineData("a.\r\n.b\r\n\r\n..\r\n.\r\n.\r\n", "a.\r\nb\r\n\r\n.\r\n", ".\r\n")]
    [InlineData("a\0\u00ff\t\u001a\r\n.\r\n", "a\0\u00ff\t\u001a\r\n", "")]
    public void Finds_the_end_and_undoes_dot_stuffing(string wire, string message, string rest)
    {
        var scanned = Scanned.Data(wire);
        Assert.True(scanned.Ended);
        Assert.Equal(message, scanned.Text);
        Assert.Equal(rest, scanned.Rest);
        Assert.Equal(message.Length, scanned.Size);
        Assert.Null(scanned.Refusal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".\r")]
    [InlineData("a\r\n")]
    [InlineData("a\r\n.")]
    [InlineData("a\r\n.\r")]
    [InlineData("a\r\n..\r\n")]
    public void Waits_for_more(string wire) => Assert.False(Scanned.Data(wire).Ended);

    [Theory]
    [InlineData("a\nb\r\n.\r\n", "a\r\nb\r\n")]
    [InlineData("a\rb\r\n.\r\n", "a\r\nb\r\n")]
    [InlineData("a\r\r\nb\r\n.\r\n", "a\r\n\r\nb\r\n")]
    [InlineData("\n\r\n.\r\n", "\r\n\r\n")]
    [InlineData("\r\r\r\n.\r\n", "\r\n\r\n\r\n")]
    [InlineData(".\n\r\n.\r\n", "\r\n\r\n")]
    [InlineData(".\ra\r\n.\r\n", "\r\na\r\n")]
    [InlineData("a\n..\r\n.\r\n", "a\r\n..\r\n")]
    [InlineData("a\n.\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n")]
    public void Normalises_each_bare_newline_to_a_line_end(string wire, string message)
    {
        var scanned = Scanned.Data(wire, BareNewline.Normalise);
        Assert.True(scanned.Ended);
        Assert.Null(scanned.Refusal);
        Assert.Equal(message, scanned.Text);
        Assert.Equal("550 5.6.0", Code(Scanned.Data(wire).Refusal));
    }

    [Fact]
    public void Refuses_a_message_over_the_limit_before_its_end_and_goes_on_to_find_it()
    {
        var limits = new SessionLimits { MessageSize = 10 };
        Assert.Null(Scanned.Data("12345678\r\n.\r\n", limits: limits).Refusal);
        Assert.Equal("552 5.3.4", Code(Scanned.Data("123456789\r\n.\r\n", limits: limits).Refusal));
        var early = Scanned.Data("12345678901", limits: limits);
        Assert.False(early.Ended);
        Assert.Equal("552 5.3.4", Code(early.Refusal));
        Assert.Equal("QUIT\r\n", Scanned.Data("12345678901\r\n\n\r.\r\n.\r\nQUIT\r\n", limits: limits).Rest);
        Assert.Null(Scanned.Data("..345678\r\n.\r\n", limits: new SessionLimits { MessageSize = 9 }).Refusal);
        Assert.Null(Scanned.Data("12345678901\r\n.\r\n", limits: new SessionLimits { MessageSize = 0 }).Refusal);
    }

    [Fact]
    public void Never_writes_more_than_the_limit()
    {
        var pieces = Enumerable.Repeat("0123456789\r\n"u8.ToArray(), 1000).ToArray();
        var scanned = Scanned.Data(pieces, limits: new SessionLimits { MessageSize = 100 });
        Assert.InRange(scanned.Message.Length, 0, 100);
    }

    [Theory]
    [InlineData("Received: a\r\nReceived: b\r\n\r\n", false)]
    [InlineData("Received: a\r\nRECEIVED: b\r\nreceived:c\r\n\r\n", true)]
    [InlineData("Received: a\r\nReceived: b\r\n\r\nReceived: c\r\n", false)]
    [InlineData("Received: a\r\n Received: folded\r\nReceived: b\r\nX-Received: c\r\nReceiver: d\r\nReceived\r\n\r\n", false)]
    [InlineData(".Received: a\r\n.Received: b\r\n.Received: c\r\n\r\n", true)]
    public void Counts_the_hops_in_the_header(string header, bool loops)
    {
        var wire = Encoding.Latin1.GetBytes(header + ".\r\n");
        for (var seed = 0; seed < 20; seed++)
            Assert.Equal(loops ? "554 5.4.6" : null, Code(Scanned.Data(Pieces.Cut(wire, seed), limits: new SessionLimits { Hops = 2 }).Refusal));
    }

    [Theory]
    [InlineData("12345678\r\n", true)]
    [InlineData("123456789\r\n", false)]
    [InlineData("1\r\n123456789", false)]
    [InlineData("12345678\r\n12345678\r\n\r\n", true)]
    public void Bounds_text_lines_when_told_to(string text, bool kept)
    {
        var limits = new SessionLimits { TextLine = 10 };
        Assert.Equal(kept ? null : "554 5.6.0", Code(Scanned.Chunk(text, limits: limits).Refusal));
        Assert.Equal(kept ? null : "554 5.6.0", Code(Scanned.Data(text + (text.EndsWith('\n') ? "" : "\r\n") + ".\r\n", limits: limits).Refusal));
    }

    [Fact]
    public void A_doubled_dot_does_not_count_for_the_length_of_a_line() =>
        Assert.Null(Scanned.Data("..345678\r\n..2345678\r\n.\r\n", limits: new SessionLimits { TextLine = 11 }).Refusal);

    [Fact]
    public void Does_not_bound_text_lines_by_default() =>
        Assert.Null(Scanned.Data(new string('x', 200_000) + "\r\n.\r\n").Refusal);

    [Theory]
    [InlineData("a\r\n.\r\nb\r\n..c", "a\r\n.\r\nb\r\n..c")]
    [InlineData(".\r\n", ".\r\n")]
    [InlineData("", "")]
    public void Chunks_pass_unchanged(string octets, string message)
    {
        var scanned = Scanned.Chunk(octets);
        Assert.Null(scanned.Refusal);
        Assert.Equal(message, scanned.Text);
    }

    [Theory]
    [InlineData("a\nb", "a\r\nb")]
    [InlineData("a\rb", "a\r\nb")]
    [InlineData("a\r", "a\r\n")]
    [InlineData("a\r\n\r", "a\r\n\r\n")]
    [InlineData("a\n", "a\r\n")]
    public void Chunks_are_held_to_the_same_line_ends(string octets, string normalised)
    {
        Assert.Equal("550 5.6.0", Code(Scanned.Chunk(octets).Refusal));
        Assert.Equal(normalised, Scanned.Chunk(octets, BareNewline.Normalise).Text);
    }

    [Fact]
    public void A_line_end_may_be_split_between_two_chunks() =>
        Assert.Null(Scanned.Chunks(["a\r"u8.ToArray(), "\nb\r\n"u8.ToArray()]).Refusal);

    [Property(MaxTest = 2000)]
    public Property Agrees_with_the_plain_definition_however_the_octets_are_cut() =>
        Prop.ForAll(Pieces.Cut(Pieces.Wire).ToArbitrary(), wire =>
        {
            var (ended, message, bare, rest) = Plain(wire.Octets);
            Scanned[] normal =
            [
                Scanned.Data(wire.Cut, BareNewline.Normalise),
                Scanned.Segments(wire.Cut, BareNewline.Normalise),
                Scanned.Data([wire.Octets], BareNewline.Normalise),
            ];
            if (normal.Any(s => s.Ended != ended)) return false;
            if (ended && normal.Any(s => s.Text != message || s.Rest != rest || s.Refusal is not null)) return false;
            var strict = Scanned.Data(wire.Cut);
            if (strict.Ended != ended) return false;
            return !ended || (strict.Rest == rest && strict.Refusal is not null == bare && (bare || strict.Text == message));
        });

    [Property(MaxTest = 500)]
    public Property Chunks_agree_with_the_plain_definition_however_the_octets_are_cut() =>
        Prop.ForAll(Pieces.Cut(Pieces.Wire).ToArbitrary(), wire =>
        {
            var text = Encoding.Latin1.GetString(wire.Octets);
            var strict = Scanned.Chunks(wire.Cut);
            return Scanned.Chunks(wire.Cut, BareNewline.Normalise).Text == Normalise(text)
                && strict.Refusal is not null == (Normalise(text) != text)
                && (strict.Refusal is not null || strict.Text == text);
        });

    /// <summary>The end is the first CRLF.CRLF, or .CRLF at the very start; lines are what CRLF divides.</summary>
    private static (bool Ended, string Message, bool Bare, string Behind) Plain(byte[] wire)
    {
        var text = "\r\n" + Encoding.Latin1.GetString(wire);
        var end = text.IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        if (end < 0) return (false, "", false, "");
        var stuffed = text[2..Math.Max(end + 2, 2)];
        var message = string.Join("\r\n", stuffed.Split("\r\n").Select(line => line.StartsWith('.') ? line[1..] : line));
        var normal = Normalise(message);
        return (true, normal, normal != message, text[(end + 5)..]);
    }

    private static string Normalise(string text) => Regex.Replace(text, "\r\n|\r|\n", "\r\n");

    private static string? Code(SmtpReply? reply) => reply is null ? null : $"{reply.Code} {reply.Status}";
}
