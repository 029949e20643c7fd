using System.Collections.Immutable;
using System.Text;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Dsn;

/// <summary>The reports behind the golden files in tests/golden/dsn.</summary>
internal static class DsnSamples
{
    public static readonly DateTimeOffset Arrived = new(2026, 3, 1, 8, 15, 30, TimeSpan.Zero);
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 13, 16, 0, TimeSpan.FromHours(1));
    public const string Host = "mx.dest.test[192.0.2.1]:25";

    public static readonly byte[] Message = Bytes(
        "From: Alice <alice@sender.test>\r\nTo: bob@dest.test\r\nSubject: Lunch\r\n =?utf-8?q?on_M=C3=B6ndag?=\r\n\r\nAt noon?\r\n.\r\n");

    private static readonly MessageId Id = MessageId.Create(Now, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);

    public static readonly Envelope Original = new(
        MessageId.Create(Arrived, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), EmailAddress.Parse("alice@sender.test"), Arrived, 1234);

    public static readonly DsnRecipient Failed = Recipient("bob@dest.test", DsnAction.Failed, SmtpReply.Of(550, "5.1.1", "No such user"));

    public static IReadOnlyDictionary<string, DsnReport> All { get; } = new Dictionary<string, DsnReport>
    {
        ["failed"] = Report(Original with { EnvelopeId = "QQ+2B314159" }, Failed with
        {
            Recipient = new Recipient(EmailAddress.Parse("bob@dest.test"), DsnNotify.Failure, "rfc822;Bob+2Bhome@old.test"),
        }),
        ["expired"] = Report(Original, Failed with
        {
            Reply = SmtpReply.Of(451, "4.4.1", "No exchanger of dest.test answers"),
            RemoteHost = null,
        }),
        ["delayed"] = Report(Original, Recipient("bob@dest.test", DsnAction.Delayed, SmtpReply.Of(450, "4.2.0", "Greylisted")) with
        {
            WillRetryUntil = Arrived + TimeSpan.FromDays(5),
        }),
        ["relayed"] = Report(Original, Recipient("bob@dest.test", DsnAction.Relayed, SmtpReply.Of(250, null, "Ok: queued as 4711"))),
        ["delivered"] = Report(Original, Recipient("bob@dest.test", DsnAction.Delivered, SmtpReply.Of(250, "2.0.0", "Ok")) with { RemoteHost = null }),
        ["several"] = Report(
            Original,
            Failed,
            Recipient("\"carol  m. o'neill\"@dest.test", DsnAction.Failed, new SmtpReply(554, EnhancedStatus.Parse("5.7.1"),
                ["Your message was refused by the policy of this site, which is", "explained at length at http://policy.dest.test/why?id=0123456789"])),
            Recipient("dave@nowhere.test", DsnAction.Failed, SmtpReply.Of(556, "5.1.10", "nowhere.test accepts no mail (null MX)")) with
            {
                RemoteHost = null,
                LastAttempt = null,
            },
            Recipient("erin@dest.test", DsnAction.Relayed, SmtpReply.Of(250, "2.0.0", "Ok"))),
        ["full"] = Report(Original with { Return = DsnReturn.Full }, Failed) with { Content = Message, ContentIsComplete = true },
        ["eight-bit"] = Report(Original with { Body = BodyType.EightBitMime }, Failed with { Reply = SmtpReply.Of(550, "5.1.1", "Empfänger unbekannt") }) with
        {
            Content = (byte[])[.. Bytes("Subject: raw "), 0xE4, 0xF6, 0xFC, 0x00, .. Bytes("\r\n\r\n"), 0xFF, .. Bytes("no line end")],
            ContentIsComplete = true,
        },
        ["utf8"] = Report(
            Original with { Sender = EmailAddress.Parse("jürgen@sender.test"), SmtpUtf8 = true },
            Recipient("дарья@dest.test", DsnAction.Failed, SmtpReply.Of(550, "5.1.1", "Нет такого пользователя")) with
            {
                Recipient = new Recipient(EmailAddress.Parse("дарья@dest.test"), DsnNotify.Failure, "utf-8;дарья@old.test"),
            },
            Failed) with
        {
            Content = Bytes("From: Jürgen <jürgen@sender.test>\r\nSubject: Привет\r\n\r\n"),
        },
        ["utf8-full"] = Report(Original with { SmtpUtf8 = true }, Failed) with
        {
            Content = Bytes("From: Jürgen <alice@sender.test>\r\nSubject: Привет\r\n\r\nПривет!\r\n"),
            ContentIsComplete = true,
        },
    };

    public static DsnReport Report(Envelope original, params DsnRecipient[] recipients) =>
        new(Id, "mta.here.test", Now, original, [.. recipients], DsnWriter.HeaderOf(Message), false);

    public static DsnRecipient Recipient(string address, DsnAction action, SmtpReply reply) =>
        new(new Recipient(EmailAddress.Parse(address)), action, reply, Host, Now - TimeSpan.FromMinutes(1), null);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
