using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Users;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace Actors.Mta.Engine.Authentication;

/// <summary>Makes Argon2id hashes (RFC 9106) and checks them and bcrypt's. Slow on purpose: tens of milliseconds of a core each.</summary>
public static class PasswordHashing
{
    // The first of the OWASP's recommendations: what a server with little memory can bear many times a second.
    private const int MemoryKiB = 19 * 1024;
    private const int Passes = 2;
    private const int Lanes = 1;
    private const int SaltLength = 16;
    private const int HashLength = 32;

    /// <summary>A hash that no password has, at the cost of new ones.</summary>
    public static PasswordHash Dummy { get; } = new PasswordHash.Argon2id(
        MemoryKiB, Passes, Lanes, [.. RandomNumberGenerator.GetBytes(SaltLength)], [.. RandomNumberGenerator.GetBytes(HashLength)]);

    /// <summary>"$argon2id$v=19$m=19456,t=2,p=1$…" with a new salt.</summary>
    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var hash = Argon2id(password, salt, MemoryKiB, Passes, Lanes, HashLength);
        return PasswordHash.Write(new PasswordHash.Argon2id(MemoryKiB, Passes, Lanes, [.. salt], [.. hash]));
    }

    /// <summary>A new SCRAM-SHA-256 verifier.</summary>
    public static string Scram(string password) => ScramVerifier.Create(password, RandomNumberGenerator.GetBytes(SaltLength)).ToString();

    public static bool Matches(PasswordHash hash, string password) => hash switch
    {
        PasswordHash.Argon2id a => CryptographicOperations.FixedTimeEquals(
            Argon2id(password, [.. a.Salt], a.MemoryKiB, a.Passes, a.Lanes, a.Hash.Length), a.Hash.AsSpan()),
        PasswordHash.Bcrypt b => OpenBsdBCrypt.CheckPassword(b.Text, password.ToCharArray()),
        _ => throw new InvalidOperationException($"Unknown hash {hash.GetType().Name}."),
    };

    private static byte[] Argon2id(string password, byte[] salt, int memory, int passes, int lanes, int length)
    {
        var generator = new Argon2BytesGenerator();
        generator.Init(new Argon2Parameters.Builder(Argon2Parameters.Argon2id)
            .WithVersion(Argon2Parameters.Version13).WithSalt(salt)
            .WithMemoryAsKB(memory).WithIterations(passes).WithParallelism(lanes).Build());
        var hash = new byte[length];
        generator.GenerateBytes(Encoding.UTF8.GetBytes(password), hash);
        return hash;
    }
}
