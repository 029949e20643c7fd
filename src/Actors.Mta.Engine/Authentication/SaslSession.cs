using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Authentication;

/// <summary>Performs the moves of one SASL exchange.</summary>
internal sealed class SaslSession(Authenticator authenticator, SaslExchange exchange, LoginGuard guard, ILogger log, LoginAttempt attempt)
    : ISaslSession
{
    private static readonly SmtpReply NotAsAsked = SmtpReply.Of(501, "5.5.2", "Authentication exchange not understood");

    private readonly CancellationTokenSource _ended = new();
    private LoginAttempt _attempt = attempt;
    private bool _begun;

    public async Task<SaslResult> NextAsync(ReadOnlyMemory<byte>? response, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _ended.Token);
        try
        {
            return await StepAsync(response, either.Token);
        }
        catch (UserStoreException e)
        {
            return guard.CannotCheck(_attempt, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.AuthBroke(_attempt.Client.ToString(), _attempt.Mechanism, e);
            return guard.CannotCheck(_attempt, "internal error");
        }
    }

    public void Dispose() => _ended.Cancel();

    private async Task<SaslResult> StepAsync(ReadOnlyMemory<byte>? response, CancellationToken cancel)
    {
        if (!_begun && guard.Refuses(_attempt) is { } blocked) return blocked;
        var move = _begun ? exchange.OnResponse(response ?? ReadOnlyMemory<byte>.Empty) : exchange.Begin(response);
        _begun = true;
        var noPassword = false;
        while (true)
        {
            switch (move)
            {
                case SaslMove.Challenge challenge:
                    return new SaslResult.Challenge(challenge.Octets);
                case SaslMove.FindAccount find:
                    if (Names(find.User) is { } refused) return refused;
                    move = exchange.OnAccount(await authenticator.FindAsync(find.User, cancel));
                    break;
                case SaslMove.CheckPassword check:
                    if (Names(check.User) is { } refusedToo) return refusedToo;
                    var account = await authenticator.FindAsync(check.User, cancel);
                    noPassword = account is { PasswordHash: null };
                    move = exchange.OnPassword(account, await authenticator.CheckAsync(account, check.Password, cancel));
                    break;
                default:
                    return await EndAsync(move, noPassword, cancel);
            }
        }
    }

    private SaslResult.Refused? Names(string user)
    {
        _attempt = _attempt with { User = user };
        return guard.Refuses(_attempt);
    }

    private async Task<SaslResult> EndAsync(SaslMove move, bool noPassword, CancellationToken cancel) => move switch
    {
        SaslMove.Done done => await guard.SettleAsync(_attempt, done.User, AuthOutcome.Succeeded, "", cancel),
        SaslMove.Wrong when noPassword => await FailAsync(AuthOutcome.NotPossible, "no password is kept for the user", cancel),
        SaslMove.Wrong wrong => await FailAsync(AuthOutcome.Wrong, wrong.Reason, cancel),
        SaslMove.NotPossible not => await FailAsync(AuthOutcome.NotPossible, not.Reason, cancel),
        SaslMove.Malformed => guard.Malformed(_attempt, NotAsAsked, "not as the mechanism asks"),
        _ => throw new InvalidOperationException($"Unknown move {move.GetType().Name}."),
    };

    private Task<SaslResult> FailAsync(AuthOutcome outcome, string reason, CancellationToken cancel) =>
        guard.SettleAsync(_attempt, null, outcome, reason, cancel);
}
