using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Engine.Authentication;

namespace Actors.Mta.Engine.Tests.Authentication;

/// <summary>The client's side of SCRAM-SHA-256, as RFC 5802 3 has it.</summary>
internal static class ScramClient
{
    public static async Task<SaslResult> RunAsync(ISaslSession session, string user, string password)
    {
        var bare = $"n={user},r=clientnonce";
        var first = await session.NextAsync(Encoding.UTF8.GetBytes("n,," + bare), CancellationToken.None);
        if (first is not SaslResult.Challenge challenge) return first;
        var server = Encoding.UTF8.GetString(challenge.Octets.Span);
        var parts = server.Split(',').ToDictionary(p => p[0], p => p[2..]);
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), Convert.FromBase64String(parts['s']), int.Parse(parts['i'], null), HashAlgorithmName.SHA256, 32);
        var key = HMACSHA256.HashData(salted, "Client Key"u8);
        var withoutProof = $"c=biws,r={parts['r']}";
        var signature = HMACSHA256.HashData(SHA256.HashData(key), Encoding.UTF8.GetBytes($"{bare},{server},{withoutProof}"));
        var proof = Convert.ToBase64String([.. key.Zip(signature, (k, s) => (byte)(k ^ s))]);
        var last = await session.NextAsync(Encoding.UTF8.GetBytes($"{withoutProof},p={proof}"), CancellationToken.None);
        return last is SaslResult.Challenge ? await session.NextAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None) : last;
    }
}
