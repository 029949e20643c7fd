using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Queue;

/// <summary>Queued messages and replies for the tests of this room.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Arrival = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly SmtpReply Ok = SmtpReply.Of(250, "2.0.0", "Ok");
    public static readonly SmtpReply Busy = SmtpReply.Of(451, "4.3.0", "Busy");
    public static readonly SmtpReply Unknown = SmtpReply.Of(550, "5.1.1", "No such user");

    public static MessageId Id(ulong n) => new(((ulong)Arrival.ToUnixTimeMilliseconds() << 16) | 1, n);

    public static QueuedMessage Message(string sender = "sender@example.test", params DsnNotify[] notify)
    {
        if (notify.Length == 0) notify = [DsnNotify.Unspecified];
        return Message(1, "one.test", sender, notify);
    }

    public static QueuedMessage Message(ulong id, string domain, string sender, params DsnNotify[] notify)
    {
        var from = sender.Length == 0 ? EmailAddress.Null : EmailAddress.Parse(sender);
        var recipients = notify.Select((n, i) => new Recipient(EmailAddress.Parse($"r{i}@{domain}"), n));
        return QueuedMessage.New(new Envelope(Id(id), from, Arrival, 1000), DomainName.Parse(domain), recipients);
    }

    /// <summary>Everything there is to know of a message as text: records with arrays in them do not compare by value.</summary>
    public static string Text(QueuedMessage? m) => m is null
        ? "none"
        : $"{m.Key} {m.Attempts} {m.Due:O} {m.LastAttempt:O} {m.DelayReported} {m.InDoubt} [{string.Join(", ", m.Recipients)}]";

    public static ImmutableSortedSet<string> Text(QueueState state) => [.. state.Messages.Select(Text)];
}
