using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Sasl;

/// <summary>
/// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the client proves that it knows the password, the server that it has the
/// verifier. -PLUS binds both to the TLS channel by "tls-server-end-point" (RFC 5929 4). A user who does not exist is led on to the
/// same refusal as a wrong password, with a salt that does not change.
/// SMTP has no data with success (RFC 4954 4), so server-final is a challenge which the client answers with nothing.
/// </summary>
internal sealed class ScramExchange(SaslContext context, bool plus) : SaslExchange
{
    private static readonly SearchValues<char> NonceCharacters =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Where(c => c != ',').Select(c => (char)c)]);

    private Stage _stage = Stage.ClientFirst;
    private string _gs2Header = "";
    private string _clientFirstBare = "";
    private string _serverFirst = "";
    private string _clientNonce = "";
    private string _user = "";
    private bool _binds;
    private UserAccount? _account;
    private ScramVerifier? _verifier;

    private enum Stage { ClientFirst, Account, ClientFinal, Acknowledgement, Over }

    private string Nonce => _clientNonce + context.Nonce;

    public override SaslMove Begin(ReadOnlyMemory<byte>? initial) =>
        initial is { } message ? OnResponse(message) : new SaslMove.Challenge(ReadOnlyMemory<byte>.Empty);

    public override SaslMove OnResponse(ReadOnlyMemory<byte> response) => _stage switch
    {
        Stage.ClientFirst => OnClientFirst(response.Span),
        Stage.ClientFinal => OnClientFinal(response.Span),
        Stage.Acknowledgement => OnAcknowledgement(response.Span),
        _ => throw OutOfTurn(),
    };

    public override SaslMove OnAccount(UserAccount? account)
    {
        if (_stage != Stage.Account) throw OutOfTurn();
        _account = account;
        if (account is { ScramVerifier: { } text })
        {
            if (!ScramVerifier.TryParse(text, out _verifier))
                return End(new SaslMove.NotPossible(_user, "the user's SCRAM verifier cannot be read"));
        }
        var shown = _verifier ?? ScramVerifier.Fake(_user, context.NodeSecret.Span, context.Iterations);
        _serverFirst = $"r={Nonce},s={Convert.ToBase64String(shown.Salt)},i={shown.Iterations}";
        _stage = Stage.ClientFinal;
        return Say(_serverFirst);
    }

    // RFC 5802 7: gs2-cbind-flag "," [authzid] "," [reserved-mext ","] "n=" user ",r=" nonce ["," extensions]
    private SaslMove OnClientFirst(ReadOnlySpan<byte> octets)
    {
        if (!TryText(octets, out var message) || message.Split(',', 3) is not [var flag, var identity, var bare]) return Malformed();
        _gs2Header = $"{flag},{identity},";
        _clientFirstBare = bare;
        // "m=" in front would be an extension that must be known, and none is.
        if (bare.Split(',') is not [['n', '=', .. var name], ['r', '=', .. var nonce], ..]) return Malformed();
        if (!TryUnescape(name, out _user) || nonce.Length == 0 || nonce.AsSpan().ContainsAnyExcept(NonceCharacters)) return Malformed();
        _clientNonce = nonce;
        if (Binding(flag) is { } refused) return refused;
        if (identity.Length > 0)
        {
            if (identity is not ['a', '=', .. var other] || !TryUnescape(other, out var acted)) return Malformed();
            if (acted != _user) return Wrong("would act for another user");
        }
        _stage = Stage.Account;
        return new SaslMove.FindAccount(_user);
    }

    /// <summary>RFC 5802 6: what the client says of channel binding must fit the mechanism, and what was offered to it.</summary>
    /// <returns>Null when it does.</returns>
    private SaslMove? Binding(string flag)
    {
        _binds = flag.StartsWith("p=", StringComparison.Ordinal);
        if (plus != _binds) return Malformed();
        if (_binds)
        {
            if (flag != "p=tls-server-end-point") return Wrong($"binds the channel by {flag[2..]}, which is not supported");
            return context.Tls is { ServerEndPoint.IsEmpty: false } ? null : Wrong("binds a channel that cannot be bound");
        }
        return flag switch
        {
            "n" => null,
            "y" when !context.OffersBinding => null,
            "y" => Wrong("was not told of channel binding: somebody in between took it out of the offer"),
            _ => Malformed(),
        };
    }

    // RFC 5802 7: "c=" base64(gs2-header and binding) ",r=" nonce ["," extensions] ",p=" proof
    private SaslMove OnClientFinal(ReadOnlySpan<byte> octets)
    {
        if (!TryText(octets, out var message)) return Malformed();
        var end = message.LastIndexOf(",p=", StringComparison.Ordinal);
        if (end < 0) return Malformed();
        var withoutProof = message[..end];
        if (withoutProof.Split(',') is not [['c', '=', .. var binding], ['r', '=', .. var nonce], ..]) return Malformed();
        if (!Base64Text.TryDecode(Encoding.UTF8.GetBytes(binding), out var bound)) return Malformed();
        if (!Base64Text.TryDecode(Encoding.UTF8.GetBytes(message[(end + 3)..]), out var proof)) return Malformed();
        if (proof.Length != SHA256.HashSizeInBytes) return Malformed();
        if (nonce != Nonce) return Wrong("answered with another nonce");
        if (!CryptographicOperations.FixedTimeEquals(bound, ExpectedBinding())) return Wrong("is bound to another channel");
        if (_account is null) return Wrong("no such user");
        if (_verifier is null) return End(new SaslMove.NotPossible(_user, "no SCRAM verifier is kept for the user"));

        var auth = Encoding.UTF8.GetBytes($"{_clientFirstBare},{_serverFirst},{withoutProof}");
        var key = HMACSHA256.HashData(_verifier.StoredKey, auth);
        for (var i = 0; i < key.Length; i++) key[i] ^= proof[i];
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(key), _verifier.StoredKey)) return Wrong("wrong password");
        _stage = Stage.Acknowledgement;
        return Say($"v={Convert.ToBase64String(HMACSHA256.HashData(_verifier.ServerKey, auth))}");
    }

    private SaslMove OnAcknowledgement(ReadOnlySpan<byte> octets) => octets.IsEmpty ? End(new SaslMove.Done(_account!)) : Malformed();

    private byte[] ExpectedBinding() => [.. Encoding.UTF8.GetBytes(_gs2Header), .. _binds ? context.Tls!.ServerEndPoint.Span : []];

    // RFC 5802 5.1: "=2C" is a comma and "=3D" an equals sign; any other "=" is wrong.
    private static bool TryUnescape(string text, out string unescaped)
    {
        unescaped = text.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        var rest = text.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", ",", StringComparison.Ordinal);
        return text.Length > 0 && !rest.Contains('=');
    }

    private SaslMove End(SaslMove move)
    {
        _stage = Stage.Over;
        return move;
    }

    private SaslMove Wrong(string reason) => End(new SaslMove.Wrong(_user, reason));

    private SaslMove Malformed() => End(SaslMove.Malformed.Instance);
}
