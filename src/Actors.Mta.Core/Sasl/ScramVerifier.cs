using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Actors.Mta.Core.Sasl;

/// <summary>
/// What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 3, RFC 7677): enough to check a client and to prove itself to it, not
/// enough to log in elsewhere. Written "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" (RFC 5803), the last three in base64.
/// </summary>
public sealed class ScramVerifier
{
    /// <summary>Rounds of PBKDF2 for new verifiers. RFC 7677 4 asks for 4096 at least; logins pay for it on the client's side only.</summary>
    public const int DefaultIterations = 16_384;

    private const string Scheme = "SCRAM-SHA-256";
    private const int MaxIterations = 10_000_000;

    private readonly byte[] _salt, _storedKey, _serverKey;

    private ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) =>
        (Iterations, _salt, _storedKey, _serverKey) = (iterations, salt, storedKey, serverKey);

    public int Iterations { get; }
    public ReadOnlySpan<byte> Salt => _salt;
    public ReadOnlySpan<byte> StoredKey => _storedKey;
    public ReadOnlySpan<byte> ServerKey => _serverKey;

    /// <param name="password">UTF-8 octets are hashed just as they are; see <see cref="SaslExchange"/> on SASLprep.</param>
    /// <param name="salt">At least 16 random octets.</param>
    public static ScramVerifier Create(string password, ReadOnlySpan<byte> salt, int iterations = DefaultIterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        return new(iterations, salt.ToArray(), SHA256.HashData(clientKey), HMACSHA256.HashData(salted, "Server Key"u8));
    }

    /// <summary>One that no password fits, with a salt that is always the same for a user: stands in for users who do not exist.</summary>
    internal static ScramVerifier Fake(string user, ReadOnlySpan<byte> nodeSecret, int iterations)
    {
        // ASCII case is no difference between users, so it is none between their salts.
        var seed = HMACSHA256.HashData(nodeSecret, Encoding.UTF8.GetBytes($"scram salt of {user.ToLowerInvariant()}"));
        return new(iterations, seed[..16], new byte[SHA256.HashSizeInBytes], new byte[SHA256.HashSizeInBytes]);
    }

    public static bool TryParse(string text, [MaybeNullWhen(false)] out ScramVerifier verifier)
    {
        verifier = null;
        if (text.Split('$') is not [Scheme, var first, var keys]) return false;
        if (first.Split(':', 2) is not [var count, var saltText] || keys.Split(':') is not [var stored, var server]) return false;
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)) return false;
        if (iterations is < 1 or > MaxIterations || !TryBase64(saltText, out var salt) || salt.Length == 0) return false;
        if (!TryBase64(stored, out var storedKey) || storedKey.Length != SHA256.HashSizeInBytes) return false;
        if (!TryBase64(server, out var serverKey) || serverKey.Length != SHA256.HashSizeInBytes) return false;
        verifier = new(iterations, salt, storedKey, serverKey);
        return true;
    }

    /// <exception cref="FormatException">The text is no verifier.</exception>
    public static ScramVerifier Parse(string text) =>
        TryParse(text, out var verifier) ? verifier : throw new FormatException("Not a SCRAM-SHA-256 verifier.");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Scheme}${Iterations}:{Convert.ToBase64String(_salt)}${Convert.ToBase64String(_storedKey)}:{Convert.ToBase64String(_serverKey)}");

    private static bool TryBase64(string text, out byte[] octets)
    {
        octets = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (!Convert.TryFromBase64String(text, octets, out var length)) return false;
        octets = octets[..length];
        return true;
    }
}
