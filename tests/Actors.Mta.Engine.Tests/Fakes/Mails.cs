using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>Messages for the queue.</summary>
internal static class Mails
{
    private static int _serial;

    public static MessageId Id(DateTimeOffset now)
    {
        Span<byte> entropy = stackalloc byte[10];
        BitConverter.TryWriteBytes(entropy, Interlocked.Increment(ref _serial));
        return MessageId.Create(now, entropy);
    }

    public static QueuedMessage To(string domain, DateTimeOffset now, DsnNotify notify = DsnNotify.Unspecified, string sender = "sender@example.test", int recipients = 1) =>
        To(Id(now), domain, now, notify, sender, recipients);

    public static QueuedMessage To(
        MessageId id, string domain, DateTimeOffset now, DsnNotify notify = DsnNotify.Unspecified, string sender = "sender@example.test", int recipients = 1)
    {
        var from = sender.Length == 0 ? EmailAddress.Null : EmailAddress.Parse(sender);
        var all = Enumerable.Range(0, recipients).Select(i => new Recipient(EmailAddress.Parse($"r{i}@{domain}"), notify));
        return QueuedMessage.New(new Envelope(id, from, now, 25), DomainName.Parse(domain), all);
    }
}
