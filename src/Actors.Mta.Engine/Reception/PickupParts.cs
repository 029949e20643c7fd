using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Maildrop;

namespace Actors.Mta.Engine.Reception;

/// <summary>What the pickup of local mail works with.</summary>
/// <param name="Verdict">Who a recipient is, for a sender of this machine.</param>
internal sealed record PickupParts(ReceptionParts Reception, MaildropDirectory Maildrop, SessionLimits Limits, Func<Recipient, RecipientVerdict> Verdict);

/// <summary>What became of a file of the maildrop.</summary>
internal abstract record PickedUp(MessageId Id)
{
    /// <summary>The body is in the spool; these are to be queued, before the file may go.</summary>
    public sealed record Stored(MessageId Id, ImmutableArray<PendingEnqueue> Messages) : PickedUp(Id);

    /// <summary>No message, or one that may not be sent: put aside.</summary>
    public sealed record Unusable(MessageId Id, string Reason) : PickedUp(Id);

    /// <summary>Cannot be taken now; looked at again.</summary>
    public sealed record Later(MessageId Id, string Reason) : PickedUp(Id);
}
