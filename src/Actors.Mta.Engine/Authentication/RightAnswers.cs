using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Engine.Authentication;

/// <summary>
/// Passwords that were found right lately, so that a client that logs in for each message costs one hash in a while. Kept are
/// HMACs under a key that only this process has, never passwords; an answer counts only as long as the user's hash is the one
/// that it was checked against. Bounded.
/// </summary>
internal sealed class RightAnswers(TimeSpan keepFor, TimeProvider clock, int entries = 50_000)
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly RecentTable<Digest, (string Hash, DateTimeOffset Until)> _answers = new(entries);
    private readonly Lock _gate = new();

    public bool Knows(UserAccount account, string password)
    {
        if (keepFor <= TimeSpan.Zero || account.PasswordHash is null) return false;
        var digest = DigestOf(account, password);
        lock (_gate)
        {
            if (!_answers.TryGet(digest, out var answer)) return false;
            if (answer.Hash == account.PasswordHash && answer.Until > clock.GetUtcNow()) return true;
            _answers.Remove(digest);
            return false;
        }
    }

    public void Remember(UserAccount account, string password)
    {
        if (keepFor <= TimeSpan.Zero || account.PasswordHash is not { } hash) return;
        var digest = DigestOf(account, password);
        lock (_gate) _answers.Set(digest, (hash, clock.GetUtcNow() + keepFor));
    }

    // The name cannot run into the password: its length comes first.
    private Digest DigestOf(UserAccount account, string password)
    {
        var name = UserName.Key(account.Name);
        var text = Encoding.UTF8.GetBytes($"{name.Length}:{name}{password}");
        var mac = HMACSHA256.HashData(_key, text);
        CryptographicOperations.ZeroMemory(text);
        return new Digest(BinaryPrimitives.ReadUInt128BigEndian(mac), BinaryPrimitives.ReadUInt128BigEndian(mac.AsSpan(16)));
    }

    private readonly record struct Digest(UInt128 High, UInt128 Low);
}
