using System.Collections.Immutable;
using System.Globalization;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Tests.Persistence;

/// <summary>Queue records for the tests of what is persisted: fixed ones for the golden octets, random ones for properties.</summary>
internal static class QueueSamples
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, 123, TimeSpan.Zero);
    private static readonly string[] Texts = ["", "a", "mx.example.test[192.0.2.1]:25", "grüße@example.test", "引越し", new('x', 300), "rfc822;a+2Bb"];

    public static QueueSnapshot GoldenSnapshot { get; } = new([Plain(), Deferred()]);

    public static QueueEventBatch GoldenBatch { get; } = new(
    [
        new QueueEvent.Enqueued(Plain()),
        new QueueEvent.Attempted(
            Deferred().Key, Noon.AddMinutes(7),
            [
                new RecipientResult(0, RecipientFate.Open, Greylisted, "mx.example.test[192.0.2.1]:25"),
                new RecipientResult(2, RecipientFate.OwesFailed, new SmtpReply(550, new EnhancedStatus(5, 1, 1), ["No such", "user"]), null),
            ],
            Noon.AddMinutes(22).AddTicks(1), Counts: true),
        new QueueEvent.Attempted(Plain().Key, Noon.AddDays(5), [], Noon.AddDays(5), Counts: false),
        new QueueEvent.Notified(Deferred().Key, [0, 2], DsnAction.Failed),
        new QueueEvent.Removed(Plain().Key, "withdrawn"),
    ]);

    private static SmtpReply Greylisted => new(450, new EnhancedStatus(4, 7, 1), ["Greylisted, come back"]);

    private static Envelope Envelope(byte last, string sender) => new(
        MessageId.Create(Noon, [1, 2, 3, 4, 5, 6, 7, 8, 9, last]), EmailAddress.FromTrusted(sender), Noon.AddTicks(42), 4096);

    private static QueuedMessage Plain() => QueuedMessage.New(
        Envelope(1, "sender@example.test"), DomainName.FromCanonical("example.test"),
        [new Recipient(EmailAddress.FromTrusted("user@example.test"))]);

    private static QueuedMessage Deferred() => new(
        Envelope(2, "") with { Body = BodyType.EightBitMime, SmtpUtf8 = true, Return = DsnReturn.Headers, EnvelopeId = "QQ314", Client = "192.0.2.9 (client.test)" },
        DomainName.FromCanonical("xn--gre-8ka.test"),
        [
            new QueuedRecipient(0, new Recipient(EmailAddress.FromTrusted("grüße@xn--gre-8ka.test"), DsnNotify.Success | DsnNotify.Delay, "rfc822;x"), DsnAction.None, Greylisted, "mx.example.test[192.0.2.1]:25"),
            new QueuedRecipient(2, new Recipient(EmailAddress.FromTrusted("b@xn--gre-8ka.test"), DsnNotify.Never), DsnAction.Failed, new SmtpReply(554, null, ["no"]), null),
        ],
        3, Noon.AddMinutes(30), Noon.AddMinutes(10), true);

    public static QueueSnapshot RandomSnapshot(Random random)
    {
        var envelopes = Several(random, 4, () => RandomEnvelope(random));
        return new([.. Several(random, 8, () => RandomMessage(random, envelopes))]) { Holds = [.. Several(random, 2, () => RandomHold(random))] };
    }

    public static QueueEventBatch RandomBatch(Random random)
    {
        var envelopes = Several(random, 4, () => RandomEnvelope(random));
        return new([.. Several(random, 10, () => RandomEvent(random, envelopes))]);
    }

    private static QueueEvent RandomEvent(Random random, List<Envelope> envelopes)
    {
        var key = new QueueKey(RandomId(random), RandomDomain(random));
        return random.Next(7) switch
        {
            0 => new QueueEvent.Enqueued(RandomMessage(random, envelopes)),
            1 => new QueueEvent.Attempted(
                key, RandomTime(random),
                [.. Several(random, 3, () => new RecipientResult(random.Next(1000), Any<RecipientFate>(random), RandomReply(random), RandomText(random)))],
                RandomTime(random), random.Next(2) == 0),
            2 => new QueueEvent.Sending(key),
            4 => new QueueEvent.HoldSet(RandomHold(random)),
            5 => new QueueEvent.HoldLifted(RandomText(random) ?? "none"),
            3 => new QueueEvent.Notified(key, [.. Several(random, 4, () => random.Next())], Any<DsnAction>(random)),
            _ => new QueueEvent.Removed(key, RandomText(random) ?? "none"),
        };
    }

    private static QueuedMessage RandomMessage(Random random, List<Envelope> envelopes) => new(
        envelopes.Count > 0 ? envelopes[random.Next(envelopes.Count)] : RandomEnvelope(random),
        RandomDomain(random),
        [.. Several(random, 4, () => new QueuedRecipient(
            random.Next(), new Recipient(RandomAddress(random), (DsnNotify)random.Next(16), RandomText(random)),
            Any<DsnAction>(random), random.Next(2) == 0 ? null : RandomReply(random), RandomText(random)))],
        random.Next(), RandomTime(random), random.Next(2) == 0 ? null : RandomTime(random), random.Next(2) == 0)
    {
        InDoubt = random.Next(2) == 0,
    };

    private static Envelope RandomEnvelope(Random random) => new(
        RandomId(random), RandomAddress(random), RandomTime(random), random.NextInt64(), Any<BodyType>(random), random.Next(2) == 0,
        Any<DsnReturn>(random), RandomText(random), RandomText(random), RandomText(random), RandomText(random));

    private static Hold RandomHold(Random random) => new(
        $"h{random.Next(1000)}",
        new QueueSearch
        {
            Id = random.Next(2) == 0 ? RandomId(random) : null,
            Domain = random.Next(2) == 0 ? DomainName.FromCanonical("d1.example.test") : null,
            Sender = RandomText(random),
            Recipient = RandomText(random),
            Reply = RandomText(random),
            Tenant = RandomText(random),
            Campaign = RandomText(random),
            ArrivedBefore = random.Next(2) == 0 ? Noon : null,
        },
        RandomText(random) ?? "none", Noon.AddTicks(random.NextInt64(TimeSpan.TicksPerDay)), random.Next(2) == 0 ? null : Noon.AddDays(1))
    {
        Route = random.Next(2) == 0 ? null : "[192.0.2.9]:26",
    };

    private static SmtpReply RandomReply(Random random) => new(
        random.Next(200, 600),
        random.Next(2) == 0 ? null : new EnhancedStatus((byte)random.Next(256), (ushort)random.Next(65536), (ushort)random.Next(65536)),
        [.. Several(random, 3, () => RandomText(random) ?? "")]);

    private static MessageId RandomId(Random random) => new((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));

    private static DateTimeOffset RandomTime(Random random) => random.Next(6) switch
    {
        0 => DateTimeOffset.MinValue,
        1 => DateTimeOffset.MaxValue,
        _ => Noon.AddTicks(random.NextInt64(TimeSpan.TicksPerDay * 400)),
    };

    private static DomainName RandomDomain(Random random) =>
        random.Next(5) == 0 ? default : DomainName.FromCanonical($"d{random.Next(5)}.example.test");

    private static EmailAddress RandomAddress(Random random) =>
        random.Next(5) == 0 ? EmailAddress.Null : EmailAddress.FromTrusted($"user{random.Next(5)}@example.test");

    private static string? RandomText(Random random) => random.Next(Texts.Length + 1) is var i && i < Texts.Length ? Texts[i] : null;

    private static T Any<T>(Random random) where T : struct, Enum => Enum.GetValues<T>()[random.Next(Enum.GetValues<T>().Length)];

    private static List<T> Several<T>(Random random, int most, Func<T> make) =>
        [.. Enumerable.Range(0, random.Next(most + 1)).Select(_ => make())];

    /// <summary>Every field in text: records that hold arrays do not compare by what is in them.</summary>
    public static string Describe(object record) => record switch
    {
        QueueEventBatch batch => string.Join('\n', batch.Events.Select(Describe)),
        QueueSnapshot snapshot => string.Join('\n', [.. snapshot.Messages.Select(Describe), .. snapshot.Holds.Select(h => h.ToString())]),
        QueueEvent.HoldSet e => $"held {e.Hold}",
        QueueEvent.HoldLifted e => $"lifted {Text(e.Name)}",
        QueueEvent.Enqueued e => $"enqueued {Describe(e.Message)}",
        QueueEvent.Attempted e =>
            $"attempted {e.Key} at {Time(e.At)} due {Time(e.Due)} counts {e.Counts} [{string.Join(", ", e.Results.Select(r => $"{r.Ordinal} {r.Fate} {Reply(r.Reply)} by {Text(r.Host)}"))}]",
        QueueEvent.Sending e => $"sending {e.Key}",
        QueueEvent.Notified e => $"notified {e.Key} {e.Action} [{string.Join(',', e.Ordinals)}]",
        QueueEvent.Removed e => $"removed {e.Key} {Text(e.Reason)}",
        QueuedMessage m =>
            $"{Describe(m.Envelope)} to {Text(m.Domain.Value)} attempts {m.Attempts} due {Time(m.Due)} last {(m.LastAttempt is { } t ? Time(t) : "never")} delayed {m.DelayReported} doubt {m.InDoubt} "
            + $"[{string.Join(", ", m.Recipients.Select(Describe))}]",
        Envelope e =>
            $"{e.Id} from {Text(e.Sender.Text)} {Time(e.Arrived)} size {e.Size} {e.Body} {e.SmtpUtf8} {e.Return} {Text(e.EnvelopeId)} {Text(e.Client)} {Text(e.Tenant)} {Text(e.Campaign)}",
        QueuedRecipient r =>
            $"{r.Ordinal} {Text(r.Recipient.Address.Text)} {r.Recipient.Notify} {Text(r.Recipient.OriginalRecipient)} owes {r.Owed} {Reply(r.LastReply)} by {Text(r.LastHost)}",
        _ => throw new ArgumentException($"{record.GetType()} is not described."),
    };

    private static string Time(DateTimeOffset time) => time.UtcTicks.ToString(CultureInfo.InvariantCulture);

    private static string Text(string? text) => text is null ? "null" : $"'{text}'";

    private static string Reply(SmtpReply? reply) =>
        reply is null ? "null" : $"{reply.Code} {reply.Status} {string.Join('|', reply.Lines.Select(Text))}";
}
