using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Actors.Mta.Core.Sasl.Client;

/// <summary>
/// SCRAM-SHA-256 (RFC 5802, 7677) without channel binding. The password is stretched, not sent, and success counts only when
/// the server's signature shows that it knows the verifier: a false server is told nothing and believed nothing.
/// </summary>
internal sealed class ScramClient : SaslClient
{
    /// <summary>RFC 7677 4 asks for 4096 at least; fewer would let a false server try passwords cheaply.</summary>
    private const int FewestIterations = 4096;
    /// <summary>A server that asks for more wants to keep us busy.</summary>
    private const int MostIterations = 1_000_000;

    private enum Step { First, Final, Done }

    private readonly string _password;
    private readonly string _nonce;
    private readonly string _firstBare;
    private Step _step;
    private byte[] _serverSignature = [];

    public ScramClient(string user, string password, string nonce) : base("SCRAM-SHA-256")
    {
        (_password, _nonce) = (password, nonce);
        // RFC 5802 5.1: ',' and '=' in a name are written "=2C" and "=3D".
        _firstBare = $"n={user.Replace("=", "=3D").Replace(",", "=2C")},r={nonce}";
        Initial = Encoding.UTF8.GetBytes($"n,,{_firstBare}");
    }

    public override byte[] Initial { get; }

    public override bool IsComplete => _step == Step.Done;

    public override bool TryAnswer(ReadOnlySpan<byte> challenge, out byte[] answer)
    {
        answer = [];
        var text = Encoding.UTF8.GetString(challenge);
        return _step switch
        {
            Step.First => TryProve(text, out answer),
            Step.Final => TryVerify(text),
            _ => false,
        };
    }

    private bool TryProve(string serverFirst, out byte[] answer)
    {
        answer = [];
        if (serverFirst.Split(',') is not [['r', '=', .. var nonce], ['s', '=', .. var saltText], ['i', '=', .. var count], ..]) return false;
        // RFC 5802 5.1: the server's nonce begins with ours, and adds to it.
        if (!nonce.StartsWith(_nonce, StringComparison.Ordinal) || nonce.Length == _nonce.Length) return false;
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)) return false;
        if (iterations is < FewestIterations or > MostIterations || !TryDecode(saltText, out var salt)) return false;

        var withoutProof = $"c=biws,r={nonce}"; // base64 of "n,,"
        var message = Encoding.UTF8.GetBytes($"{_firstBare},{serverFirst},{withoutProof}");
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(_password), salt, iterations, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), message);
        for (var i = 0; i < proof.Length; i++) proof[i] ^= clientKey[i];
        _serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), message);
        answer = Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
        _step = Step.Final;
        return true;
    }

    private bool TryVerify(string serverFinal)
    {
        if (serverFinal.Split(',')[0] is not ['v', '=', .. var text] || !TryDecode(text, out var signature)) return false;
        if (!CryptographicOperations.FixedTimeEquals(signature, _serverSignature)) return false;
        _step = Step.Done;
        return true;
    }

    private static bool TryDecode(string base64, out byte[] octets)
    {
        octets = new byte[base64.Length];
        var good = Convert.TryFromBase64String(base64, octets, out var length);
        octets = octets[..length];
        return good;
    }
}
