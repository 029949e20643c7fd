using System.Net;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Authentication;

/// <summary>
/// What stands around every SASL exchange, whoever checks the credentials: the guess guard of the node, late answers, log lines
/// and metrics.
/// </summary>
internal sealed class LoginGuard(GuessLimits limits, TimeProvider clock, ILogger log)
{
    private static readonly SmtpReply ClientBlocked = SmtpReply.Of(421, "4.7.0", "Too many failed logins");
    private static readonly SmtpReply UserBlocked = SmtpReply.Of(454, "4.7.0", "Too many failed logins, try again later");
    private static readonly SmtpReply Wrong = SmtpReply.Of(535, "5.7.8", "Authentication credentials invalid");
    private static readonly SmtpReply Unavailable = SmtpReply.Of(454, "4.7.0", "Temporary authentication failure");

    private readonly GuessGuard _guard = new(limits);
    private readonly Lock _gate = new();

    /// <summary>The refusal of an attempt that may not be made now, logged and counted; null when it may.</summary>
    public SaslResult.Refused? Refuses(LoginAttempt attempt)
    {
        var client = ClientNetwork.Of(attempt.Client);
        GuessVerdict verdict;
        lock (_gate) verdict = _guard.Ask(client, attempt.User, clock.GetUtcNow());
        return verdict == GuessVerdict.Allowed ? null : Refusal(attempt, verdict);
    }

    private SaslResult.Refused Refusal(LoginAttempt attempt, GuessVerdict verdict)
    {
        var reply = verdict == GuessVerdict.ClientBlocked ? ClientBlocked : UserBlocked;
        Note(attempt, AuthOutcome.Blocked, verdict == GuessVerdict.ClientBlocked ? "the client is blocked" : "the user is blocked for unknown clients");
        return new SaslResult.Refused(reply);
    }

    /// <summary>
    /// Counts a checked log-in and answers it, late when there were failures before. Who has been blocked while it was checked is
    /// refused, right or wrong: so many guesses at once are no way around the limit.
    /// </summary>
    /// <param name="account">Null when the credentials were wrong.</param>
    public async Task<SaslResult> SettleAsync(LoginAttempt attempt, UserAccount? account, AuthOutcome outcome, string reason, CancellationToken cancel)
    {
        var client = ClientNetwork.Of(attempt.Client);
        var now = clock.GetUtcNow();
        GuessVerdict verdict;
        var delay = TimeSpan.Zero;
        var blocks = false;
        lock (_gate)
        {
            verdict = _guard.Ask(client, attempt.User, now);
            if (verdict == GuessVerdict.Allowed)
            {
                blocks = account is null && _guard.Failed(client, attempt.User, now);
                delay = _guard.Delay(client, attempt.User, now);
                if (account is not null) _guard.Succeeded(client, account.Name, now);
            }
        }
        if (verdict != GuessVerdict.Allowed) return Refusal(attempt, verdict);
        if (blocks) log.GuesserBlocked(client.ToString(), now + limits.BlockFor);
        Note(attempt, outcome, reason);
        if (delay > TimeSpan.Zero) await Task.Delay(delay, clock, cancel);
        return account is not null ? new SaslResult.Succeeded(account) : new SaslResult.Refused(Wrong);
    }

    /// <summary>The exchange was not as the mechanism asks; nobody has guessed.</summary>
    public SaslResult Malformed(LoginAttempt attempt, SmtpReply reply, string reason)
    {
        Note(attempt, AuthOutcome.Malformed, reason);
        return new SaslResult.Refused(reply);
    }

    /// <summary>Credentials could not be checked; nobody has guessed.</summary>
    public SaslResult CannotCheck(LoginAttempt attempt, string reason)
    {
        log.AuthUnavailable(reason);
        Note(attempt, AuthOutcome.Unavailable, reason);
        return new SaslResult.Refused(Unavailable);
    }

    private void Note(LoginAttempt attempt, AuthOutcome outcome, string reason)
    {
        AuthMeter.Attempted(attempt.Mechanism, outcome);
        if (outcome != AuthOutcome.Succeeded) log.AuthFailed(attempt.User, attempt.Client.ToString(), attempt.Mechanism, reason);
    }
}

/// <param name="User">Null until the client has said it.</param>
internal sealed record LoginAttempt(IPAddress Client, string Mechanism, string? User);
