using System.Collections.Immutable;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>mta.delivery.in-doubt: what becomes of a message whose receiver may have taken it without our hearing so.</summary>
public enum InDoubtPolicy
{
    /// <summary>It is sent again, and may arrive twice (RFC 5321 4.2.5 and 6.1: nothing is lost).</summary>
    Retry,
    /// <summary>It is not sent again; its sender is told that it may or may not have arrived.</summary>
    Report,
}

/// <summary>Says so in outcomes.</summary>
public static class InDoubt
{
    /// <summary>For a message that is not sent again.</summary>
    public static readonly SmtpReply Reported =
        SmtpReply.Of(554, "5.4.2", "perhaps delivered, perhaps not: the receiver's answer was lost, and the message is not sent again");

    /// <summary>
    /// The outcomes of a transaction whose connection was lost after the message had gone out. Those recipients of it who were not
    /// refused before are in doubt.
    /// </summary>
    public static ImmutableArray<RecipientOutcome> Mark(ImmutableArray<RecipientOutcome> outcomes, InDoubtPolicy policy) =>
        [.. outcomes.Select(o => o is RecipientOutcome.Deferred { Class: DeferralClass.Transport } lost ? Mark(lost, policy) : o)];

    private static RecipientOutcome Mark(RecipientOutcome.Deferred lost, InDoubtPolicy policy) => policy == InDoubtPolicy.Report
        ? new RecipientOutcome.Failed(Reported, lost.Host)
        : lost with { Reply = lost.Reply with { Lines = [$"in doubt, perhaps delivered: {lost.Reply.Text}"] } };
}
