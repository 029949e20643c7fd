using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>
/// Only CRLF.CRLF ends a message. Nothing that looks like it makes two messages of one, neither here nor at the next server.
/// </summary>
public sealed class Smuggling(ITestOutputHelper output)
{
    public static TheoryData<string> FalseEnds { get; } =
        ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\r\n.\0\r\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n"];

    [SkippableTheory]
    [MemberData(nameof(FalseEnds))]
    public async Task A_false_end_of_data_is_refused_or_is_content(string end)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        var reply = await SendAsync(bed, end);

        var isContent = end.Contains('\0', StringComparison.Ordinal);
        Assert.Equal(isContent ? (250, "2.0.0") : (550, "5.6.0"), (reply.Code, reply.Status));
        if (isContent) Assert.Equal(Message(end), (await inbox.ReceivesOneAsync()).Content);
        await bed.Node.DrainsAsync();
        Assert.Equal(isContent ? 1 : 0, inbox.Seen.Count);
    }

    [SkippableTheory]
    [MemberData(nameof(FalseEnds))]
    public async Task A_false_end_of_data_is_one_message_when_normalised(string end)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        bed.Settings["mta.smtp.server.bare-newline"] = "normalise";
        await bed.StartAsync();

        var reply = await SendAsync(bed, end);

        Assert.Equal(250, reply.Code);
        var message = await inbox.ReceivesOneAsync();
        Assert.Contains("RCPT TO:<victim@example.test>", message.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?<!\r)\n|\r(?!\n)", message.Text);
        await bed.Node.DrainsAsync();
        Assert.Single(inbox.Seen);
    }

    /// <summary>One DATA with a second transaction inside; afterwards the session must be where one message leaves it.</summary>
    private static async Task<WireReply> SendAsync(TestBed bed, string end)
    {
        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.BeginDataAsync("alice@sender.test", ["bob@example.test"]);
        await client.WriteAsync(Message(end));
        await client.WriteAsync(".\r\n"u8.ToArray());
        var reply = await client.ReadReplyAsync();
        Assert.Equal(221, (await client.SayAsync("QUIT")).Code);
        return reply;
    }

    private static byte[] Message(string end) => Encoding.Latin1.GetBytes(
        $"Subject: first\r\n\r\nbody{end}MAIL FROM:<evil@sender.test>\r\nRCPT TO:<victim@example.test>\r\nDATA\r\nSubject: second\r\n\r\nsmuggled\r\n");
}
