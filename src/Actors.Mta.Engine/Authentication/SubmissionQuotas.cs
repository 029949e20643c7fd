using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Engine.Authentication;

/// <summary>SubmissionQuota for all sessions of a node; may be called from any thread.</summary>
public sealed class SubmissionQuotas(Rate? messages, Rate? recipients)
{
    private const int Users = 100_000;

    private readonly SubmissionQuota _quota = new(messages, recipients, Users);
    private readonly Lock _gate = new();

    /// <inheritdoc cref="SubmissionQuota.TakeMessage"/>
    public SmtpReply? TakeMessage(UserAccount user, DateTimeOffset now)
    {
        lock (_gate) return _quota.TakeMessage(user, now);
    }

    /// <inheritdoc cref="SubmissionQuota.TakeRecipient"/>
    public SmtpReply? TakeRecipient(UserAccount user, DateTimeOffset now)
    {
        lock (_gate) return _quota.TakeRecipient(user, now);
    }
}
