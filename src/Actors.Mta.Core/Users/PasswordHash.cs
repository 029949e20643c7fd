using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Actors.Mta.Core.Users;

/// <summary>
/// A stored password hash in one of the forms that are understood: "$argon2id$v=19$m=…,t=…,p=…$salt$hash" (PHC string, RFC 9106)
/// or bcrypt's "$2b$cost$…" ($2a$, $2y$ too). Costs have bounds, so that a slip of the pen does not stop a node.
/// </summary>
public abstract record PasswordHash
{
    private PasswordHash() { }

    /// <param name="MemoryKiB">m.</param>
    /// <param name="Passes">t.</param>
    /// <param name="Lanes">p.</param>
    public sealed record Argon2id(int MemoryKiB, int Passes, int Lanes, ImmutableArray<byte> Salt, ImmutableArray<byte> Hash) : PasswordHash;

    /// <param name="Text">All of it.</param>
    public sealed record Bcrypt(string Text) : PasswordHash;

    private const int MostMemoryKiB = 1024 * 1024;
    private const int MostPasses = 64;
    private const int MostLanes = 16;
    private const int MostBcryptCost = 18;
    private const int BcryptLength = 60;

    /// <param name="problem">What is wrong: "is neither $argon2id$… nor bcrypt".</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash, [NotNullWhen(false)] out string? problem)
    {
        hash = null;
        if (text.StartsWith("$argon2id$", StringComparison.Ordinal)) problem = ParseArgon2id(text, out hash);
        else if (text is ['$', '2', 'a' or 'b' or 'y', '$', ..]) problem = ParseBcrypt(text, out hash);
        else problem = "is neither an $argon2id$… nor a bcrypt ($2b$…) hash";
        return hash is not null;
    }

    public static string Write(Argon2id hash) => string.Create(
        CultureInfo.InvariantCulture,
        $"$argon2id$v=19$m={hash.MemoryKiB},t={hash.Passes},p={hash.Lanes}${Base64(hash.Salt.AsSpan())}${Base64(hash.Hash.AsSpan())}");

    private static string? ParseArgon2id(string text, out PasswordHash? hash)
    {
        hash = null;
        if (text.Split('$') is not ["", _, "v=19", var costs, var salt, var digest]) return "is no $argon2id$v=19$m=…,t=…,p=…$salt$hash";
        if (costs.Split(',') is not [var m, var t, var p]
            || !TryNumber(m, "m=", out var memory) || !TryNumber(t, "t=", out var passes) || !TryNumber(p, "p=", out var lanes))
            return "has no costs of the form m=…,t=…,p=…";
        if (lanes is < 1 or > MostLanes) return $"has p outside 1 to {MostLanes}";
        if (memory < 8 * lanes || memory > MostMemoryKiB) return $"has m outside {8 * lanes} to {MostMemoryKiB} (KiB)";
        if (passes is < 1 or > MostPasses) return $"has t outside 1 to {MostPasses}";
        if (!TryBase64(salt, out var saltOctets) || saltOctets.Length < 8) return "has a salt that is not base64 of 8 octets or more";
        if (!TryBase64(digest, out var hashOctets) || hashOctets.Length is < 16 or > 64) return "has a hash that is not base64 of 16 to 64 octets";
        hash = new Argon2id(memory, passes, lanes, saltOctets, hashOctets);
        return null;
    }

    private static string? ParseBcrypt(string text, out PasswordHash? hash)
    {
        hash = null;
        if (text.Length != BcryptLength || text[6] != '$' || !int.TryParse(text.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var cost))
            return $"is no bcrypt hash of {BcryptLength} characters";
        if (cost is < 4 or > MostBcryptCost) return $"has a bcrypt cost outside 4 to {MostBcryptCost}";
        foreach (var c in text.AsSpan(7))
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '/')) return "holds a character that bcrypt does not use";
        hash = new Bcrypt(text);
        return null;
    }

    private static bool TryNumber(string text, string prefix, out int number)
    {
        number = 0;
        return text.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    // PHC strings leave the padding away.
    private static string Base64(ReadOnlySpan<byte> octets) => Convert.ToBase64String(octets).TrimEnd('=');

    private static bool TryBase64(string text, out ImmutableArray<byte> octets)
    {
        octets = [];
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        var buffer = new byte[padded.Length / 4 * 3];
        if (text.Contains('=') || !Convert.TryFromBase64String(padded, buffer, out var length)) return false;
        octets = [.. buffer.AsSpan(0, length)];
        return true;
    }
}
