using System.Globalization;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Users;

/// <summary>
/// What users may send in a period, messages and recipients each, over all sessions of a node. A user at rest may use the whole
/// count at once; in the long run the rate is never exceeded. Bounded: users who sent nothing for longest are forgotten first.
/// Not for several threads at once.
/// </summary>
/// <param name="messages">For users without a rate of their own; null is unlimited.</param>
/// <param name="recipients">For users without a rate of their own; null is unlimited.</param>
/// <param name="users">Users that are remembered at the most.</param>
public sealed class SubmissionQuota(Rate? messages, Rate? recipients, int users)
{
    private readonly RecentTable<string, Throttle> _messages = new(users);
    private readonly RecentTable<string, Throttle> _recipients = new(users);

    /// <summary>At MAIL.</summary>
    /// <returns>Null, or 450 4.7.1.</returns>
    public SmtpReply? TakeMessage(UserAccount user, DateTimeOffset now) =>
        Take(_messages, user, user.MessageRate ?? messages, "Message", now);

    /// <summary>At RCPT, once the recipient is accepted otherwise.</summary>
    /// <returns>Null, or 450 4.7.1.</returns>
    public SmtpReply? TakeRecipient(UserAccount user, DateTimeOffset now) =>
        Take(_recipients, user, user.RecipientRate ?? recipients, "Recipient", now);

    private static SmtpReply? Take(RecentTable<string, Throttle> table, UserAccount user, Rate? rate, string what, DateTimeOffset now)
    {
        if (rate is not { } limit) return null;
        var key = UserName.Key(user.Name);
        var throttle = table.TryGet(key, out var found) && found.Rate == limit ? found : Throttle.Start(limit) with { Burst = limit.Count };
        var (taken, next, again) = throttle.Take(1, now);
        if (taken == 1)
        {
            table.Set(key, next);
            return null;
        }
        var seconds = Math.Max(1, (long)Math.Ceiling((again - now).TotalSeconds));
        return SmtpReply.Of(450, "4.7.1", string.Create(CultureInfo.InvariantCulture, $"{what} rate exceeded, try again in {seconds} s"));
    }
}
