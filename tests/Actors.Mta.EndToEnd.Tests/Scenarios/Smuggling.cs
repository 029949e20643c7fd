using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>
/// Only CRLF.CRLF ends a message. Nothing that looks like it makes two messages of one, neither here nor at the next server.
/// </summary>
public sealed class Smuggling(ITestOutputHelper output)
{
    private static readonly string[] FalseEnds =
        ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n"];

    [SkippableFact]
    public async Task A_message_with_a_false_end_of_data_is_refused_whole()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        foreach (var end in FalseEnds)
        {
            var reply = await SendAsync(bed, end);
            Assert.True((550, "5.6.0") == (reply.Code, reply.Status), $"{Shown(end)} → {reply}");
        }
        await bed.Node.DrainsAsync();
        Assert.Empty(inbox.Seen);
    }

    [SkippableFact]
    public async Task A_false_end_of_data_is_one_message_when_normalised()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        bed.Settings["mta.smtp.server.bare-newline"] = "normalise";
        await bed.StartAsync();

        foreach (var end in FalseEnds)
        {
            var before = inbox.Seen.Count;
            Assert.Equal(250, (await SendAsync(bed, end)).Code);
            await bed.Node.DrainsAsync();
            Assert.True(inbox.Seen.Count == before + 1, $"{Shown(end)} made {inbox.Seen.Count - before} messages");
            Assert.Contains("RCPT TO:<victim@example.test>", inbox.Seen[^1].Text, StringComparison.Ordinal);
            Assert.DoesNotMatch("(?<!\r)\n|\r(?!\n)", inbox.Seen[^1].Text);
        }
    }

    [SkippableFact]
    public async Task A_dot_with_company_is_content()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        foreach (var line in (string[])[".\0", ". ", ".\t", ".."])
        {
            var before = inbox.Seen.Count;
            Assert.Equal(250, (await SendAsync(bed, $"\r\n{line}\r\n")).Code);
            await bed.Node.DrainsAsync();
            Assert.True(inbox.Seen.Count == before + 1, $"{Shown(line)} made {inbox.Seen.Count - before} messages");
            // The first dot was the client's stuffing.
            Assert.Equal(Message($"\r\n{line[1..]}\r\n"), inbox.Seen[^1].Content);
        }
    }

    /// <summary>One DATA with a second transaction inside; afterwards the session must be where one message leaves it.</summary>
    private static async Task<WireReply> SendAsync(TestBed bed, string end)
    {
        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.BeginDataAsync("alice@sender.test", ["bob@example.test"]);
        await client.WriteAsync(Message(end));
        await client.WriteAsync(".\r\n"u8.ToArray());
        var reply = await client.ReadReplyAsync();
        var last = await client.SayAsync("QUIT");
        Assert.True(last.Code == 221, $"{Shown(end)} → {reply}, then {last}");
        return reply;
    }

    private static byte[] Message(string end) => Encoding.Latin1.GetBytes(
        $"Subject: first\r\n\r\nbody{end}MAIL FROM:<evil@sender.test>\r\nRCPT TO:<victim@example.test>\r\nDATA\r\nSubject: second\r\n\r\nsmuggled\r\n");

    private static string Shown(string octets) => octets.Replace("\r", "<CR>", StringComparison.Ordinal)
        .Replace("\n", "<LF>", StringComparison.Ordinal).Replace("\0", "<NUL>", StringComparison.Ordinal);
}
