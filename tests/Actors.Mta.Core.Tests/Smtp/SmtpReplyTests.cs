using System.Buffers;
using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Tests.Recipients;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Smtp;

public sealed class SmtpReplyTests
{
    [Fact]
    public void One_line_is_code_status_and_text() =>
        Assert.Equal("550 5.7.1 Relaying denied\r\n", Wire(SmtpReply.Of(550, "5.7.1", "Relaying denied")));

    [Fact]
    public void Without_status_it_is_code_and_text() =>
        Assert.Equal("354 Go ahead\r\n", Wire(SmtpReply.Of(354, null, "Go ahead")));

    [Fact]
    public void The_status_stands_on_each_of_several_lines() =>
        Assert.Equal(
            "250-2.0.0 one\r\n250-2.0.0 two\r\n250 2.0.0 three\r\n",
            Wire(new SmtpReply(250, EnhancedStatus.Parse("2.0.0"), ["one", "two", "three"])));

    [Fact]
    public void No_lines_are_one_empty_line() => Assert.Equal("250 \r\n", Wire(new SmtpReply(250, null, [])));

    [Theory]
    [InlineData("a\r\n250 injected", "a??250 injected")]
    [InlineData("nul\0del\u007f", "nul?del?")]
    [InlineData("tab\tstays", "tab\tstays")]
    [InlineData("ünï", "ünï")]
    public void Text_cannot_end_the_line(string text, string written) =>
        Assert.Equal($"250 2.0.0 {written}\r\n", Wire(SmtpReply.Of(250, "2.0.0", text)));

    [Fact]
    public void A_line_is_cut_at_512_octets_between_two_characters()
    {
        var wire = Bytes(SmtpReply.Of(250, null, new string('ü', 600)));
        Assert.Equal(512, wire.Length);
        Assert.EndsWith("ü\r\n", Encoding.UTF8.GetString(wire));
        Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(wire));
        Assert.Equal(511, Bytes(SmtpReply.Of(250, null, "x" + new string('ü', 600))).Length);
    }

    [Fact]
    public void A_changed_copy_of_a_reply_is_not_the_old_one_on_the_wire()
    {
        var denied = new RelayPolicy([], []).Refuses(System.Net.IPAddress.Loopback, new(Core.Mail.EmailAddress.Parse("a@b.test")))!;
        Assert.Equal("550 5.7.1 Relaying denied\r\n", Wire(denied));
        Assert.Equal("451 Relaying denied\r\n", Wire(denied with { Code = 451, Status = null }));
    }

    [Theory]
    [InlineData(199, false, false, false)]
    [InlineData(200, true, false, false)]
    [InlineData(354, true, false, false)]
    [InlineData(400, false, true, false)]
    [InlineData(499, false, true, false)]
    [InlineData(500, false, false, true)]
    [InlineData(599, false, false, true)]
    public void Knows_its_class(int code, bool positive, bool transient, bool permanent)
    {
        var reply = SmtpReply.Of(code, null, "");
        Assert.Equal((positive, transient, permanent), (reply.IsPositive, reply.IsTransient, reply.IsPermanent));
    }

    [Theory]
    [InlineData("250 2.1.5 Ok", 250, "2.1.5", "Ok")]
    [InlineData("250 Ok", 250, null, "Ok")]
    [InlineData("250", 250, null, "")]
    [InlineData("250 ", 250, null, "")]
    [InlineData("550 5.1.1", 550, "5.1.1", "")]
    [InlineData("550 4.1.1 wrong class", 550, null, "4.1.1 wrong class")]
    [InlineData("550 5.01.1 odd", 550, null, "5.01.1 odd")]
    [InlineData("354 2.0.0 no status here", 354, null, "2.0.0 no status here")]
    [InlineData("421 4.4.2 a\0b\u001bc", 421, "4.4.2", "a?b?c")]
    [InlineData("250 bücher", 250, null, "bücher")]
    public void Reads_a_received_line(string line, int code, string? status, string text)
    {
        Assert.True(SmtpReply.TryParse(Lines(line), out var reply));
        Assert.Equal(code, reply.Code);
        Assert.Equal(status, reply.Status?.ToString());
        Assert.Equal([text], reply.Lines.AsEnumerable());
    }

    [Fact]
    public void Reads_several_lines_and_takes_the_status_off_each()
    {
        Assert.True(SmtpReply.TryParse(Lines("550-5.1.1 The user", "550-", "550-5.7.9 see also", "550 5.1.1 does not exist"), out var reply));
        Assert.Equal("5.1.1", reply.Status.ToString());
        Assert.Equal(["The user", "", "5.7.9 see also", "does not exist"], reply.Lines.AsEnumerable());
    }

    [Fact]
    public void Reads_the_keywords_of_ehlo()
    {
        Assert.True(SmtpReply.TryParse(Lines("250-mx.test greets", "250-SIZE 1000", "250 8BITMIME"), out var reply));
        Assert.Null(reply.Status);
        Assert.Equal(["mx.test greets", "SIZE 1000", "8BITMIME"], reply.Lines.AsEnumerable());
    }

    [Fact]
    public void Octets_that_are_no_utf8_are_latin1()
    {
        Assert.True(SmtpReply.TryParse([(byte[])[(byte)'2', (byte)'5', (byte)'0', (byte)' ', 0xfc, 0x85]], out var reply));
        Assert.Equal("ü?", reply.Text);
    }

    [Fact]
    public void Long_text_is_cut_after_500_characters_a_line()
    {
        Assert.True(SmtpReply.TryParse(Lines("250-" + new string('a', 900), "250 " + new string('b', 499) + "😀"), out var reply));
        Assert.Equal([500, 499], reply.Lines.Select(l => l.Length));
    }

    public static TheoryData<string[]> NoReplies => new(
        [], [""], ["25"], ["abc ok"], ["250ok"], ["250-ok"], ["1000 ok"], ["650 ok"], ["150 ok"], [" 250 ok"],
        ["250-a", "251 b"], ["250 a", "250 b"], ["250-a", "250-b"], ["250-a", "text"], ["250a"]);

    [Theory]
    [MemberData(nameof(NoReplies))]
    public void Refuses_lines_that_are_no_reply(string[] lines) => Assert.False(SmtpReply.TryParse(Lines(lines), out _));

    [Property]
    public bool Reading_never_throws(byte[][] lines)
    {
        var received = lines.Where(l => l is not null).Select(l => (ReadOnlyMemory<byte>)l).ToArray();
        return !SmtpReply.TryParse(received, out var reply) || reply.Lines.All(l => l.Length <= 500 && !l.Any(char.IsControl));
    }

    [Property]
    public bool What_is_written_is_read_back(FsCheck.NonNull<string>[] texts, bool withStatus)
    {
        var lines = texts.Select(t => new string([.. t.Get.Take(100).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)])).DefaultIfEmpty("");
        var reply = new SmtpReply(550, withStatus ? EnhancedStatus.Parse("5.7.1") : null, [.. lines]);
        var wire = Wire(reply);
        return SmtpReply.TryParse(Lines(wire[..^2].Split("\r\n")), out var read) && read == reply && read.GetHashCode() == reply.GetHashCode();
    }

    [Fact]
    public void Is_one_line_in_logs()
    {
        Assert.Equal("550 5.7.1 a b", new SmtpReply(550, EnhancedStatus.Parse("5.7.1"), ["a", "b"]).ToString());
        Assert.Equal("250 ok", SmtpReply.Of(250, null, "ok").ToString());
    }

    private static ReadOnlyMemory<byte>[] Lines(params string[] lines) => [.. lines.Select(l => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(l))];

    private static string Wire(SmtpReply reply) => Encoding.UTF8.GetString(Bytes(reply));

    private static byte[] Bytes(SmtpReply reply)
    {
        var buffer = new ArrayBufferWriter<byte>();
        reply.WriteTo(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
