using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Sasl;

/// <summary>
/// CRAM-MD5 (RFC 2195): "user HMAC-MD5(password, challenge)" in lower-case hex. The server must know the password itself.
/// </summary>
internal sealed class CramMd5Exchange(SaslContext context) : SaslExchange
{
    private string? _user;
    private byte[] _digest = [];

    // The server speaks first: an initial response answers nothing.
    public override SaslMove Begin(ReadOnlyMemory<byte>? initial) =>
        initial is not null ? SaslMove.Malformed.Instance : Say(context.Challenge);

    public override SaslMove OnResponse(ReadOnlyMemory<byte> response)
    {
        if (_user is not null) throw OutOfTurn();
        var blank = response.Span.LastIndexOf((byte)' '); // a name may hold blanks
        if (blank < 0 || !TryText(response.Span[..blank], out var user)) return SaslMove.Malformed.Instance;
        var digest = response.Span[(blank + 1)..];
        if (digest.Length != 2 * MD5.HashSizeInBytes || digest.ContainsAnyExcept("0123456789abcdefABCDEF"u8))
            return SaslMove.Malformed.Instance;
        _digest = Convert.FromHexString(Encoding.ASCII.GetString(digest));
        _user = user;
        return new SaslMove.FindAccount(user);
    }

    public override SaslMove OnAccount(UserAccount? account)
    {
        if (_user is not { } user) throw OutOfTurn();
        if (account is null) return new SaslMove.Wrong(user, "no such user");
        if (account.CramSecret is not { } secret) return new SaslMove.NotPossible(user, "no secret for CRAM-MD5 is kept for the user");
        // What the standard asks for; the mechanism is off unless an operator turns it on for a user.
        var expected = HMACMD5.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(context.Challenge));
        return Judge(user, account, CryptographicOperations.FixedTimeEquals(expected, _digest));
    }
}
