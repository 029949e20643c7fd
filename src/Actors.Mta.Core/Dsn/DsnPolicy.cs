using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Core.Dsn;

/// <summary>Which notifications are owed to a sender (RFC 3461 4.1, 5.2). The null sender is never owed any (RFC 5321 6.1).</summary>
public static class DsnPolicy
{
    /// <summary>
    /// The notification that this outcome owes at once: Failed, Delivered, Relayed, or None. A deferral owes none; see
    /// <see cref="OwesDelay"/>.
    /// </summary>
    public static DsnAction Owed(EmailAddress sender, Recipient recipient, RecipientOutcome outcome) => outcome switch
    {
        RecipientOutcome.Delivered delivered => OwedForSuccess(sender, recipient, delivered),
        RecipientOutcome.Failed => OwesFailure(sender, recipient) ? DsnAction.Failed : DsnAction.None,
        RecipientOutcome.Deferred => DsnAction.None,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome."),
    };

    /// <summary>A failure, or a message that was given up: reported unless NOTIFY says otherwise.</summary>
    public static bool OwesFailure(EmailAddress sender, Recipient recipient) =>
        !sender.IsNull && (recipient.Notify == DsnNotify.Unspecified || Asks(recipient, DsnNotify.Failure));

    /// <summary>
    /// The message went to a peer that knows nothing of DSN, so nobody behind it will report success (RFC 3461 5.2.2): reported to
    /// those who asked for success.
    /// </summary>
    public static bool OwesRelayed(EmailAddress sender, Recipient recipient, bool passedDsn) =>
        !passedDsn && OwesDelivered(sender, recipient);

    /// <summary>Final delivery, here or at an LMTP server that reports none itself: reported to those who asked for success.</summary>
    public static bool OwesDelivered(EmailAddress sender, Recipient recipient) =>
        !sender.IsNull && Asks(recipient, DsnNotify.Success);

    /// <summary>A long delay: reported to those who asked for it.</summary>
    /// <param name="reportDelays">True: also to those who asked for nothing in particular (RFC 3461 4.1 leaves that to us).</param>
    public static bool OwesDelay(EmailAddress sender, Recipient recipient, bool reportDelays) =>
        !sender.IsNull && (recipient.Notify == DsnNotify.Unspecified ? reportDelays : Asks(recipient, DsnNotify.Delay));

    /// <summary>A peer that was passed NOTIFY reports by itself, an LMTP server too.</summary>
    private static DsnAction OwedForSuccess(EmailAddress sender, Recipient recipient, RecipientOutcome.Delivered delivered)
    {
        if (!OwesRelayed(sender, recipient, delivered.PassedDsn)) return DsnAction.None;
        return delivered.Final ? DsnAction.Delivered : DsnAction.Relayed;
    }

    /// <summary>NEVER goes with nothing else; should both be there, it wins.</summary>
    private static bool Asks(Recipient recipient, DsnNotify what) =>
        !recipient.Notify.HasFlag(DsnNotify.Never) && recipient.Notify.HasFlag(what);
}
