using System.Buffers;
using System.Text;
using Actors.Mta.LoadGen.Messages;
using Actors.Mta.LoadGen.Sink;

namespace Actors.Mta.LoadGen.Tests.Sink;

public sealed class ArrivedMessageTests
{
    private static readonly RunId Run = RunId.Create();
    private readonly SinkLedger _ledger = new();

    [Theory]
    [InlineData("4k")]
    [InlineData("1..3000")]
    [InlineData("1M")]
    public void A_made_message_arrives_intact_through_dots_and_trace_fields(string sizes)
    {
        Assert.True(Distribution.TryParse(sizes, Quantities.Size, out var distribution));
        var factory = new MessageFactory(Run, new MessageOptions { Sizes = distribution });
        for (var serial = 1; serial <= 50; serial++) Deliver(Made(factory, serial), serial);

        Assert.Equal((50, 50, 0), (Arrivals.Received, Arrivals.Distinct, Arrivals.Damaged));
    }

    [Fact]
    public void A_message_of_a_file_arrives_intact_with_its_dots()
    {
        var factory = new MessageFactory(Run, new MessageOptions { Files = [MessageFiles.Parse("Subject: dots\n\n.\n..\n.x\n\n.\n"u8)] });
        var wire = Made(factory, 1);

        Assert.Contains("\r\n..\r\n...\r\n..x\r\n\r\n..\r\n.\r\n", Encoding.ASCII.GetString(wire));
        Deliver(wire, 1);
        Assert.Equal((1, 0), (Arrivals.Received, Arrivals.Damaged));
    }

    [Fact]
    public void One_octet_more_or_less_is_damage()
    {
        var factory = new MessageFactory(Run, new MessageOptions());
        var wire = Made(factory, 1);
        wire[^100] ^= 1;
        Deliver(wire, 1);
        Deliver([.. wire[..^10], .. "\r\n.\r\n"u8], 2);
        Assert.Equal((2, 2), (Arrivals.Received, Arrivals.Damaged));
    }

    [Fact]
    public void A_copy_that_comes_again_is_a_duplicate()
    {
        var wire = Made(new MessageFactory(Run, new MessageOptions()), 1);
        Deliver(wire, 1);
        Deliver(wire, 1);
        Assert.Equal((2, 1, 1), (Arrivals.Received, Arrivals.Distinct, Arrivals.Duplicated));
    }

    [Theory]
    [InlineData("failed", 1, 0)]
    [InlineData("delayed", 0, 1)]
    public void A_notification_is_about_the_copy_that_it_names(string action, int bounced, int delayed)
    {
        var original = new Stamp(Run, 7, 0, 1).Line;
        var notification =
            $"From: <>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n" +
            $"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.test\r\n\r\nFinal-Recipient: rfc822; c42@d1.test\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n--b\r\n" +
            $"Content-Type: text/rfc822-headers\r\n\r\n{original}Subject: x\r\n\r\n--b--\r\n";
        ArrivedMessage.Account(Encoding.ASCII.GetBytes(notification), [], _ledger);

        Assert.Equal((bounced, delayed, 0), (Arrivals.Bounced, Arrivals.Delayed, _ledger.Strangers));
        Assert.Equal(bounced, Arrivals.Reported[42]);
    }

    [Fact]
    public void Any_other_message_is_a_stranger()
    {
        ArrivedMessage.Account("Subject: x\r\n\r\nX-Load: run=abcd; serial=1; sum=0; at=1\r\n"u8, [1], _ledger);
        Assert.Equal(1, _ledger.Strangers);
    }

    private RunArrivals Arrivals => _ledger.Of(Run)!;

    private static byte[] Made(MessageFactory factory, long serial)
    {
        var buffer = new ArrayBufferWriter<byte>();
        factory.Write(buffer, serial, at: 1, "a@load.test", $"c{serial}@d1.test", dotted: true, new Random((int)serial));
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>As a transfer agent would: with a trace field in front and its own stuffing.</summary>
    private void Deliver(byte[] wire, long copy)
    {
        Assert.True(wire.AsSpan().EndsWith("\r\n.\r\n"u8));
        byte[] content = [.. "Received: from a by b; now\r\n"u8, .. wire.AsSpan(0, wire.Length - 3)];
        var length = ArrivedMessage.Unstuff(content);
        ArrivedMessage.Account(content.AsSpan(0, length), [copy], _ledger);
    }
}
