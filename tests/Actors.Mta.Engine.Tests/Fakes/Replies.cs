using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>What peers say.</summary>
internal static class Replies
{
    public const string Host = "mx.one.test[192.0.2.1]:25";

    public static readonly RecipientOutcome Delivered = new RecipientOutcome.Delivered(SmtpReply.Of(250, "2.0.0", "Ok"), Host, false);
    public static readonly RecipientOutcome Deferred =
        new RecipientOutcome.Deferred(SmtpReply.Of(451, "4.3.0", "Busy"), Host, DeferralClass.Other);
    public static readonly RecipientOutcome Failed = new RecipientOutcome.Failed(SmtpReply.Of(550, "5.1.1", "No such user"), Host);
    public static readonly RecipientOutcome Lost =
        new RecipientOutcome.Deferred(SmtpReply.Of(451, "4.4.2", "Connection lost"), Host, DeferralClass.Transport);
}
