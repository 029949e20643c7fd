using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A real client, an MX look-up in a real DNS server, one message at the other end.</summary>
public sealed class FirstMessage(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_message_sent_with_swaks_reaches_the_exchanger_of_its_domain()
    {
        var swaks = Programs.Require("swaks");
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        (await Programs.RunAsync(swaks,
            ["--server", bed.Settings.Relay.ToString(), "--from", "alice@sender.test", "--to", "bob@example.test", "--body", "first light"]))
            .Succeeded();

        var message = await inbox.ReceivesOneAsync();
        Assert.Equal("alice@sender.test", message.From);
        Assert.Equal(["bob@example.test"], message.Addresses);
        Assert.Contains("first light", message.Text, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
    }

    [SkippableFact]
    public async Task It_arrives_byte_for_byte_behind_one_Received_field()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();
        var sent = Samples.Message();

        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", sent);

        var message = await inbox.ReceivesOneAsync();
        Assert.Equal(sent, message.Content);
        Assert.Contains("by mta.test", message.Trace, StringComparison.Ordinal);
        Assert.Contains("with ESMTP", message.Trace, StringComparison.Ordinal);
        Assert.Contains("for <bob@example.test>", message.Trace, StringComparison.Ordinal);
        Assert.Contains("[127.0.0.1]", message.Trace, StringComparison.Ordinal);
        var id = reply.Lines[^1].Split(' ')[^1];
        Assert.Contains(id, message.Trace, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_log_has_one_line_with_id_recipient_host_and_reply()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.EndOfData ? "250 2.0.0 a-very-own-reply" : null;
        await bed.StartAsync();

        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());

        var id = reply.Lines[^1].Split(' ')[^1];
        await bed.Node.LogsAsync(id, "bob@example.test", "127.0.0.2", "a-very-own-reply");
    }

    [SkippableFact]
    public async Task A_domain_without_MX_gets_its_mail_at_its_own_address()
    {
        await using var bed = new TestBed(output);
        bed.Exchanger(out var inbox);
        bed.Zone.A("implicit.test", inbox.Endpoint.Address.ToString());
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@implicit.test", Samples.Message());

        await inbox.ReceivesOneAsync();
    }

    [SkippableFact]
    public async Task A_domain_that_is_an_alias_gets_its_mail_at_the_MX_of_its_target()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        bed.Zone.Cname("alias.test", "example.test");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@alias.test", Samples.Message());

        Assert.Equal(["bob@alias.test"], (await inbox.ReceivesOneAsync()).Addresses);
    }

    [SkippableFact]
    public async Task A_message_in_chunks_arrives_byte_for_byte()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();
        var sent = Samples.Message();

        await using var client = await SmtpClientScript.HelloAsync(bed.Settings.Relay);
        await client.ExpectAsync(250, "MAIL FROM:<alice@sender.test>");
        await client.ExpectAsync(250, "RCPT TO:<bob@example.test>");
        await client.WriteAsync(Encoding.ASCII.GetBytes("BDAT 20\r\n"));
        await client.WriteAsync(sent.AsMemory(0, 20));
        Assert.Equal(250, (await client.ReadReplyAsync()).Code);
        await client.WriteAsync(Encoding.ASCII.GetBytes($"BDAT {sent.Length - 20} LAST\r\n"));
        await client.WriteAsync(sent.AsMemory(20));
        Assert.Equal(250, (await client.ReadReplyAsync()).Code);

        Assert.Equal(sent, (await inbox.ReceivesOneAsync()).Content);
    }
}
