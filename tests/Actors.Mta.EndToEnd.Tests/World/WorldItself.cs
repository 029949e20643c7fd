using System.Net;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>The harness without a node: a receiver and a client that agree with each other, so that a failing scenario speaks of the node.</summary>
public sealed class WorldItself(ITestOutputHelper output)
{
    [Fact]
    public async Task A_receiver_records_byte_for_byte_what_a_client_sends()
    {
        await using var receiver = new ScriptedReceiver(IPAddress.Loopback, Ports.Free());
        byte[] message = [.. "Received: x\r\n\ty\r\nSubject: s\r\n\r\n.\r\n..\r\n\0\r\n"u8, 0xff, .. "\r\n.end\r\n"u8];

        await using var client = await SmtpClientScript.HelloAsync(receiver.Endpoint);
        await client.BeginDataAsync("a@a.test", ["b@b.test", "c@b.test"], " BODY=8BITMIME", " NOTIFY=NEVER");
        Assert.Equal(250, (await client.EndDataAsync(message)).Code);
        await client.BeginDataAsync("", ["b@b.test"]);
        Assert.Equal(250, (await client.EndDataAsync(Array.Empty<byte>())).Code);

        var received = await receiver.ReceivesAsync(2);
        Assert.Equal(message, received[0].Raw);
        Assert.Equal("Received: x\r\n\ty\r\n", received[0].Trace);
        Assert.Equal(("a@a.test", "BODY=8BITMIME"), (received[0].From, received[0].FromParameters));
        Assert.Equal([new("b@b.test", "NOTIFY=NEVER"), new("c@b.test", "NOTIFY=NEVER")], received[0].Recipients);
        Assert.Empty(received[1].Raw);
    }

    [Fact]
    public async Task A_receiver_hangs_up_where_its_script_says_so()
    {
        await using var receiver = new ScriptedReceiver(IPAddress.Loopback, Ports.Free())
        {
            Script = turn => turn switch
            {
                { Stage: ReceiverStage.Data, Connection: 1 } => new ReceiverAnswer.HangUpInBody(10),
                { Stage: ReceiverStage.EndOfData, Connection: 2 } => new ReceiverAnswer.HangUp(),
                { Stage: ReceiverStage.Rcpt, Address: "no@b.test" } => "550 5.1.1 no",
                _ => null,
            },
        };
        for (var connection = 1; connection <= 2; connection++)
        {
            await using var client = await SmtpClientScript.HelloAsync(receiver.Endpoint);
            await client.BeginDataAsync("a@a.test", ["b@b.test"]);
            Assert.Equal(0, (await client.EndDataAsync(Samples.Message())).Code);
            Assert.Equal(connection - 1, receiver.Seen.Count);
        }
        await using var last = await SmtpClientScript.HelloAsync(receiver.Endpoint);
        await last.ExpectAsync(250, "MAIL FROM:<a@a.test>");
        await last.ExpectAsync(550, "RCPT TO:<no@b.test>");
        Assert.Empty(receiver.Messages);
    }

    [Fact]
    public void A_ledger_finds_what_was_lost_doubled_or_changed()
    {
        var ledger = new Ledger(500);
        ReceivedMessage Arrival(int number, byte[] content) =>
            new(1, "", "", [new(NumberedMail.Recipient(number), "")], [.. "Received: x\r\n"u8, .. content], false, false);
        for (var i = 0; i < 4; i++) ledger.Accept(ledger.Issue());
        var changed = NumberedMail.Message(2, 500);
        changed[^5] ^= 1;

        ledger.Arrive(Arrival(1, NumberedMail.Message(1, 500)));
        ledger.Arrive(Arrival(1, NumberedMail.Message(1, 500)));
        ledger.Arrive(Arrival(2, changed));
        ledger.Arrive(Arrival(4, NumberedMail.Message(3, 500)));

        Assert.Equal((1, 1, 2), (ledger.Missing, ledger.Duplicates, ledger.Changed));
    }

    [SkippableFact]
    public async Task Postfix_takes_mail_and_delivers_it_to_a_receiver()
    {
        var directory = Directory.CreateTempSubdirectory("mta-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        await using var receiver = new ScriptedReceiver(IPAddress.Loopback, Ports.Free());
        await using (var postfix = new PostfixInstance(
            directory, new IPEndPoint(IPAddress.Loopback, Ports.Free()), $"relayhost = [127.0.0.1]:{receiver.Endpoint.Port}"))
        {
            await postfix.StartAsync();
            await using var client = await SmtpClientScript.HelloAsync(postfix.Endpoint);
            await client.BeginDataAsync("a@a.test", ["b@b.test"]);
            Assert.Equal(250, (await client.EndDataAsync(Samples.Message())).Code);
            await receiver.ReceivesOneAsync();
            output.WriteLine(postfix.Log);
        }
        Directory.Delete(directory, recursive: true);
    }

    [SkippableFact]
    public async Task The_DNS_server_starts_with_every_kind_of_record()
    {
        var directory = Directory.CreateTempSubdirectory("mta-").FullName;
        await using (var server = new DnsServer(directory))
        {
            await server.StartAsync(new Zone().Mx("a.test", 10, "mx.a.test").A("mx.a.test", "127.0.0.2").NullMx("n.test").Cname("c.test", "a.test").ServFail("s.test"));
            await server.StopAsync();
        }
        Directory.Delete(directory, recursive: true);
    }
}
