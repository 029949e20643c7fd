using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>
/// The memory that a site is dead: none of its hosts could be talked to. While it is dead nobody connects; then one probe may,
/// and its fate decides for all. Immutable. It knows nothing of replies to single messages or recipients: a site that says 4xx is alive.
/// </summary>
/// <param name="Failures">Failed rounds in a row; 0 when the site is alive.</param>
/// <param name="DeadUntil">When the next probe is allowed.</param>
/// <param name="Probing">True while the one probe is under way.</param>
/// <param name="Reason">What the last failure said, for the messages that are held up; null when the site is alive.</param>
public sealed record SiteBackoff(int Failures, DateTimeOffset DeadUntil, bool Probing, SmtpReply? Reason)
{
    /// <summary>Nothing is known against the site.</summary>
    public static readonly SiteBackoff Alive = new(0, DateTimeOffset.MinValue, false, null);

    public bool IsAlive => Failures == 0;

    /// <summary>How many of the wanted new connections may be opened now: all, none, or the one probe.</summary>
    public int Allows(int wanted, DateTimeOffset now) =>
        IsAlive ? wanted : Probing || now < DeadUntil ? 0 : Math.Min(wanted, 1);

    /// <summary>Connections were opened: to a dead site that is the probe.</summary>
    public SiteBackoff Opened() => IsAlive ? this : this with { Probing = true };

    /// <summary>
    /// A connection attempt to all hosts failed. Attempts that were under way together count once: a failure while the site is
    /// already dead, and is not being probed, changes nothing.
    /// </summary>
    public SiteBackoff Failed(SiteLimits limits, SmtpReply reason, DateTimeOffset now) =>
        !IsAlive && !Probing && now < DeadUntil
            ? this
            : new SiteBackoff(Failures + 1, now + DeadTime(limits, Failures + 1), false, reason);

    /// <summary>A connection was established: the site lives.</summary>
    public SiteBackoff Succeeded() => Alive;

    /// <summary>The probe ended without an answer to its question (its node stopped): another one may go.</summary>
    public SiteBackoff ProbeAbandoned() => this with { Probing = false };

    private static TimeSpan DeadTime(SiteLimits limits, int failures)
    {
        var factor = Math.Pow(2, Math.Min(failures - 1, 40));
        var ticks = Math.Min(limits.DeadFor.Ticks * factor, limits.DeadForAtMost.Ticks);
        return TimeSpan.FromTicks((long)ticks);
    }
}
