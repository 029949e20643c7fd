using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Authentication;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

// Logging in (RFC 4954): the exchange runs beside the actor, because back ends and password hashes take their time.
internal sealed partial class SmtpSessionActor
{
    private static readonly SmtpReply CannotLogIn = SmtpReply.Of(454, "4.7.0", "Temporary authentication failure");

    private ISaslSession? _sasl;

    private sealed record SaslAnswered(SaslResult Result);

    private void BeginSasl(DialogueEffect.BeginSasl begin)
    {
        EndSasl();
        if (_parts.Authenticator is not { } authenticator)
        {
            // A mechanism is announced only where users are configured; this answers a reload that took them away.
            OnSaslAnswered(new SaslResult.Refused(CannotLogIn));
            return;
        }
        _sasl = authenticator.Begin(begin.Mechanism, _facts);
        AskSasl(begin.Initial);
    }

    private void AskSasl(ReadOnlyMemory<byte>? response) =>
        _sasl!.NextAsync(response, _stopping.Token).PipeTo(
            Self, success: result => new SaslAnswered(result), failure: e =>
            {
                _parts.Log.LoginBroke(_facts.Client, e);
                return new SaslAnswered(new SaslResult.Refused(CannotLogIn));
            });

    private void OnSaslAnswered(SaslResult result)
    {
        if (result is not SaslResult.Challenge) EndSasl();
        Perform(ServerDialogue.OnSasl(_state, result, _policy));
    }

    private void EndSasl()
    {
        _sasl?.Dispose();
        _sasl = null;
    }
}
