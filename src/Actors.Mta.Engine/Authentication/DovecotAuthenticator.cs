using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using Actors.Mta.IO.Users;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Authentication;

/// <summary>
/// Hands SASL exchanges through to Dovecot, for every mechanism that Dovecot offers. Rights and rates of the user come from extra
/// fields of its answer (senders, messages, recipients), if its passdb gives them.
/// </summary>
public sealed class DovecotAuthenticator : IAuthenticator, IAsyncDisposable
{
    private readonly DovecotAuthClient _dovecot;
    private readonly LoginGuard _guard;
    private readonly ILogger _log;

    public DovecotAuthenticator(DovecotAuthClient dovecot, GuessLimits limits, TimeProvider clock, ILogger log) =>
        (_dovecot, _guard, _log) = (dovecot, new LoginGuard(limits, clock, log), log);

    public ISaslSession Begin(string mechanism, SessionFacts facts) =>
        new Session(_dovecot, _guard, _log, facts, new LoginAttempt(facts.Client.Address, mechanism, null));

    public ValueTask DisposeAsync() => _dovecot.DisposeAsync();

    private sealed class Session(DovecotAuthClient dovecot, LoginGuard guard, ILogger log, SessionFacts facts, LoginAttempt attempt) : ISaslSession
    {
        private static readonly SmtpReply NotOffered = SmtpReply.Of(504, "5.5.4", "Authentication mechanism not supported");

        private readonly CancellationTokenSource _ended = new();
        private DovecotExchange? _exchange;

        public async Task<SaslResult> NextAsync(ReadOnlyMemory<byte>? response, CancellationToken cancel)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _ended.Token);
            try
            {
                return await StepAsync(response, either.Token);
            }
            catch (IOException e)
            {
                return guard.CannotCheck(attempt, $"Dovecot: {e.Message}");
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.AuthBroke(attempt.Client.ToString(), attempt.Mechanism, e);
                return guard.CannotCheck(attempt, "internal error");
            }
        }

        public void Dispose()
        {
            _ended.Cancel();
            _exchange?.Dispose();
        }

        private async Task<SaslResult> StepAsync(ReadOnlyMemory<byte>? response, CancellationToken cancel)
        {
            DovecotAnswer answer;
            if (_exchange is null)
            {
                if (guard.Refuses(attempt) is { } refused) return refused;
                if (!(await dovecot.MechanismsAsync(cancel)).Contains(attempt.Mechanism))
                    return guard.Malformed(attempt, NotOffered, "Dovecot does not offer the mechanism");
                _exchange = await dovecot.BeginAsync(cancel);
                var client = new DovecotClient(facts.Client, facts.Local, facts.Tls is not null);
                answer = await _exchange.StartAsync(attempt.Mechanism, client, response, cancel);
            }
            else
            {
                answer = await _exchange.ContinueAsync(response ?? ReadOnlyMemory<byte>.Empty, cancel);
            }
            return answer switch
            {
                DovecotAnswer.Continue c => new SaslResult.Challenge(c.Challenge),
                DovecotAnswer.Ok ok => await AcceptAsync(ok, cancel),
                DovecotAnswer.Fail { Temporary: true } fail => guard.CannotCheck(
                    attempt with { User = fail.User }, $"Dovecot: {fail.Reason ?? "temporary failure"}"),
                DovecotAnswer.Fail fail => await guard.SettleAsync(
                    attempt with { User = fail.User }, null, AuthOutcome.Wrong, fail.Reason ?? "refused by Dovecot", cancel),
                _ => throw new InvalidOperationException($"Unknown answer {answer.GetType().Name}."),
            };
        }

        private Task<SaslResult> AcceptAsync(DovecotAnswer.Ok ok, CancellationToken cancel)
        {
            var known = attempt with { User = ok.User };
            var account = new UserAccount(ok.User);
            foreach (var field in (string[])[UserFields.Senders, UserFields.Messages, UserFields.Recipients])
            {
                if (!ok.Fields.TryGetValue(field, out var value)) continue;
                account = account.With(field, value, out var problem);
                if (problem is not null) return Task.FromResult(guard.CannotCheck(known, $"Dovecot: {ok.User}: {field} {problem}"));
            }
            return guard.SettleAsync(known, account, AuthOutcome.Succeeded, "", cancel);
        }
    }
}
