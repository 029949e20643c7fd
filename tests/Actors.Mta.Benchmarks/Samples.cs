using System.Buffers.Binary;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Benchmarks;

/// <summary>The mail that the benchmarks work on: always the same.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Arrived = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    public static SessionPolicy Policy { get; } = new("mx.example.test", new SessionLimits());

    public static MessageId Id(int n)
    {
        Span<byte> entropy = stackalloc byte[10];
        BinaryPrimitives.WriteInt32BigEndian(entropy[6..], n);
        return MessageId.Create(Arrived, entropy);
    }

    /// <summary>One recipient each, from one sender, to a hundred domains.</summary>
    public static QueuedMessage Message(int n)
    {
        var arrived = Arrived.AddTicks(n * 1_000L);
        var envelope = new Envelope(Id(n), EmailAddress.Parse("sender@example.test"), arrived, 4096, Client: "192.0.2.1 (client.test)");
        var domain = DomainName.FromCanonical($"d{n % 100}.example.test");
        return QueuedMessage.New(envelope, domain, [new Recipient(EmailAddress.Parse($"user{n}@{domain}"))]);
    }

    /// <summary>As after a first attempt that was deferred.</summary>
    public static QueuedMessage Deferred(int n)
    {
        var message = Message(n);
        return message with
        {
            Recipients = [message.Recipients[0] with { LastReply = Greylisted, LastHost = "mx.example.test[192.0.2.1]:25" }],
            Attempts = 1,
            LastAttempt = Arrived.AddSeconds(1),
            Due = Arrived.AddMinutes(6).AddTicks(n),
        };
    }

    public static SmtpReply Greylisted { get; } = SmtpReply.Of(450, "4.7.1", "Greylisted, try again later");

    public static QueueEvent.Attempted Delivered(QueuedMessage message) => new(
        message.Key, message.Envelope.Arrived.AddMilliseconds(40),
        [new RecipientResult(0, RecipientFate.Settled, SmtpReply.Of(250, "2.0.0", $"Ok: queued as {message.Envelope.Id}"), "mx.example.test[192.0.2.1]:25")],
        message.Envelope.Arrived.AddMilliseconds(40), Counts: true);

    /// <summary>A batch as a busy supervisor writes it: half of the events are new messages, half are deliveries.</summary>
    public static QueueEventBatch Batch(int events) => new(
        [.. Enumerable.Range(0, events).Select(n => n % 2 == 0 ? new QueueEvent.Enqueued(Message(n)) : (QueueEvent)Delivered(Message(n)))]);

    /// <summary>Text in lines of 76 characters; every twentieth starts with a dot.</summary>
    public static byte[] Body(int octets)
    {
        var text = new StringBuilder("Subject: benchmark\r\nFrom: <sender@example.test>\r\n\r\n");
        for (var line = 0; text.Length < octets; line++) text.Append(line % 20 == 0 ? '.' : 'x').Append('x', 75).Append("\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
