using System.Security.Cryptography;
using System.Text;

namespace Actors.Mta.Core.Sasl.Client;

/// <summary>
/// The client's side of one SASL exchange (RFC 4422), without a connection: octets in, octets out, base64 is the caller's.
/// An answer that does not fit the mechanism ends the exchange.
/// </summary>
public abstract class SaslClient
{
    private protected SaslClient(string name) => Name = name;

    /// <summary>As it stands in AUTH.</summary>
    public string Name { get; }

    /// <summary>What the client says first; null when the server is to speak first.</summary>
    public abstract byte[]? Initial { get; }

    /// <summary>True when success may be believed: the server has proved all that the mechanism makes it prove.</summary>
    public abstract bool IsComplete { get; }

    /// <summary>Answers a challenge.</summary>
    /// <returns>False when it is none of this mechanism: cancel (RFC 4954 4).</returns>
    public abstract bool TryAnswer(ReadOnlySpan<byte> challenge, out byte[] answer);

    /// <summary>The mechanism of a name in an AUTH keyword's list; None when this client does not know it.</summary>
    public static SaslMechanisms Named(string name) => name.ToUpperInvariant() switch
    {
        "SCRAM-SHA-256" => SaslMechanisms.ScramSha256,
        "CRAM-MD5" => SaslMechanisms.CramMd5,
        "PLAIN" => SaslMechanisms.Plain,
        "LOGIN" => SaslMechanisms.Login,
        _ => SaslMechanisms.None,
    };

    /// <summary>The strongest of those on offer.</summary>
    public static SaslMechanisms Strongest(SaslMechanisms offered) =>
        offered.HasFlag(SaslMechanisms.ScramSha256) ? SaslMechanisms.ScramSha256
        : offered.HasFlag(SaslMechanisms.CramMd5) ? SaslMechanisms.CramMd5
        : offered.HasFlag(SaslMechanisms.Plain) ? SaslMechanisms.Plain
        : offered.HasFlag(SaslMechanisms.Login) ? SaslMechanisms.Login
        : SaslMechanisms.None;

    /// <param name="mechanism">One of them, not None.</param>
    /// <param name="nonce">Printable ASCII without a comma, fresh for each exchange; only SCRAM uses it.</param>
    public static SaslClient Of(SaslMechanisms mechanism, string user, string password, string nonce) => mechanism switch
    {
        SaslMechanisms.ScramSha256 => new ScramClient(user, password, nonce),
        SaslMechanisms.CramMd5 => new CramMd5Client(user, password),
        SaslMechanisms.Plain => new PlainClient(user, password),
        SaslMechanisms.Login => new LoginClient(user, password),
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, "Not one mechanism."),
    };
}

/// <summary>RFC 4616: everything in one message.</summary>
internal sealed class PlainClient(string user, string password) : SaslClient("PLAIN")
{
    public override byte[] Initial { get; } = Encoding.UTF8.GetBytes($"\0{user}\0{password}");

    public override bool IsComplete => true;

    public override bool TryAnswer(ReadOnlySpan<byte> challenge, out byte[] answer)
    {
        answer = [];
        return false;
    }
}

/// <summary>"Username:", "Password:"; what the server calls them does not matter, the order does.</summary>
internal sealed class LoginClient(string user, string password) : SaslClient("LOGIN")
{
    private int _asked;

    public override byte[]? Initial => null;

    public override bool IsComplete => _asked == 2;

    public override bool TryAnswer(ReadOnlySpan<byte> challenge, out byte[] answer)
    {
        answer = _asked < 2 ? Encoding.UTF8.GetBytes(_asked == 0 ? user : password) : [];
        return _asked++ < 2;
    }
}

/// <summary>RFC 2195: the user's name, a blank, and HMAC-MD5 of the challenge by the password in hexadecimal.</summary>
internal sealed class CramMd5Client(string user, string password) : SaslClient("CRAM-MD5")
{
    private bool _asked;

    public override byte[]? Initial => null;

    public override bool IsComplete => _asked;

    public override bool TryAnswer(ReadOnlySpan<byte> challenge, out byte[] answer)
    {
        answer = [];
        if (_asked || challenge.IsEmpty) return false;
        _asked = true;
        var digest = HMACMD5.HashData(Encoding.UTF8.GetBytes(password), challenge);
        answer = Encoding.UTF8.GetBytes($"{user} {Convert.ToHexStringLower(digest)}");
        return true;
    }
}
