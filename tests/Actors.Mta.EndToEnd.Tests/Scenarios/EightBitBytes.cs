using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Whatever octets a message is made of, they come out as they went in.</summary>
public sealed class EightBitBytes(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("CHUNKING")]
    [InlineData("SIZE 104857600")]
    public async Task All_octets_leading_dots_and_long_lines_pass_unchanged(string extension)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Extensions = ["PIPELINING", "8BITMIME", extension];
        await bed.StartAsync();
        var sent = Awkward();

        await bed.SendAsync("alice@sender.test", "bob@example.test", sent, " BODY=8BITMIME");

        var message = await inbox.ReceivesOneAsync();
        Assert.Equal(sent, message.Content);
        Assert.Contains("BODY=8BITMIME", message.FromParameters, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("CHUNKING")]
    [InlineData("8BITMIME")]
    public async Task A_chunked_message_without_final_CRLF_gains_one_only_when_it_leaves_by_DATA(string extension)
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Extensions = ["PIPELINING", extension];
        await bed.StartAsync();
        var sent = "Subject: no end\r\n\r\n..and no CRLF"u8.ToArray();

        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.ExpectAsync(250, "MAIL FROM:<alice@sender.test>");
        await client.ExpectAsync(250, "RCPT TO:<bob@example.test>");
        await client.WriteAsync(Encoding.ASCII.GetBytes($"BDAT {sent.Length} LAST\r\n"));
        await client.WriteAsync(sent);
        Assert.Equal(250, (await client.ReadReplyAsync()).Code);

        var message = await inbox.ReceivesOneAsync();
        Assert.Equal(message.ByBdat ? sent : [.. sent, .. "\r\n"u8], message.Content);
    }

    [SkippableFact]
    public async Task A_message_without_header_or_without_anything_is_a_message()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@example.test", "no header at all\r\n"u8.ToArray());
        await bed.SendAsync("alice@sender.test", "bob@example.test", []);

        var messages = await inbox.ReceivesAsync(2);
        Assert.Equal(["", "no header at all\r\n"], messages.Select(message => Encoding.ASCII.GetString(message.Content)).Order());
    }

    /// <summary>All 256 octets (CR and LF only together), dots where they hurt, lines far above 1,000 octets, odd headers.</summary>
    private static byte[] Awkward()
    {
        var message = new MemoryStream();
        message.Write("Subject : a space before the colon\r\nX-Empty:\r\nX-Eight: \u00e5\r\nSubject: again\r\n\r\n"u8);
        for (var octet = 0; octet < 256; octet++)
        {
            if (octet is '\r' or '\n') continue;
            message.Write([(byte)octet, (byte)octet, .. "\r\n"u8]);
        }
        message.Write(".\u00e5\r\n..\r\n...\r\n.. \r\n. \r\n\r\n\r\n.a\r\n"u8);
        for (var i = 0; i < 70_000; i++) message.WriteByte((byte)(i % 251 is 10 or 13 ? 0 : i % 251));
        message.Write("\r\n.last\r\n"u8);
        return message.ToArray();
    }
}
