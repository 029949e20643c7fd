using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Sasl;

/// <summary>
/// PLAIN (RFC 4616): "authzid NUL authcid NUL password" in one message. Nobody acts for anybody else, so authzid is empty or the same.
/// </summary>
internal sealed class PlainExchange : SaslExchange
{
    private string? _user;

    public override SaslMove Begin(ReadOnlyMemory<byte>? initial) =>
        initial is { } message ? OnResponse(message) : new SaslMove.Challenge(ReadOnlyMemory<byte>.Empty);

    public override SaslMove OnResponse(ReadOnlyMemory<byte> response)
    {
        if (_user is not null) throw OutOfTurn();
        var message = response.Span;
        var first = message.IndexOf((byte)0);
        if (first < 0) return SaslMove.Malformed.Instance;
        var identity = message[..first];
        message = message[(first + 1)..];
        var second = message.IndexOf((byte)0);
        if (second < 0 || !TryText(message[..second], out var user) || !TryText(message[(second + 1)..], out var password))
            return SaslMove.Malformed.Instance;
        if (!identity.IsEmpty && !identity.SequenceEqual(message[..second])) return new SaslMove.Wrong(user, "would act for another user");
        _user = user;
        return new SaslMove.CheckPassword(user, password);
    }

    public override SaslMove OnPassword(UserAccount? account, bool right) => Judge(_user ?? throw OutOfTurn(), account, right);
}
