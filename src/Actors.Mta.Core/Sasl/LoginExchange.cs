using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Sasl;

/// <summary>
/// LOGIN, which was never more than a draft (draft-murchison-sasl-login): user name and password, each asked for. Still what many
/// clients say.
/// </summary>
internal sealed class LoginExchange : SaslExchange
{
    private string? _user;
    private bool _asked;

    public override SaslMove Begin(ReadOnlyMemory<byte>? initial) => initial is { } user ? OnResponse(user) : Say("Username:");

    public override SaslMove OnResponse(ReadOnlyMemory<byte> response)
    {
        if (_asked) throw OutOfTurn();
        if (!TryText(response.Span, out var text)) return SaslMove.Malformed.Instance;
        if (_user is null)
        {
            _user = text;
            return Say("Password:");
        }
        _asked = true;
        return new SaslMove.CheckPassword(_user, text);
    }

    public override SaslMove OnPassword(UserAccount? account, bool right) =>
        _asked ? Judge(_user!, account, right) : throw OutOfTurn();
}
