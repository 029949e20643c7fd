using System.Text;

namespace Actors.Mta.Core.Recipients;

/// <summary>
/// The form in which local parts of our own domains are compared: without quotes (RFC 5321 4.1.2: "bob"@ is bob@), in lower
/// case; dots count.
/// </summary>
internal static class LocalKey
{
    /// <summary>Characters of the longest key: those of a whole address.</summary>
    public const int MaxLength = Mail.EmailAddress.MaxLength;

    /// <param name="buffer">Room for <see cref="MaxLength"/> characters; the key is written there.</param>
    /// <returns>The key, or empty when the local part is longer than any.</returns>
    public static ReadOnlySpan<char> Write(ReadOnlySpan<char> localPart, Span<char> buffer)
    {
        if (localPart.Length > MaxLength) return default;
        if (localPart is ['"', .. var quoted, '"']) localPart = Unquote(quoted, buffer);
        if (Ascii.IsValid(localPart)) Ascii.ToLowerInPlace(Copy(localPart, buffer), out _);
        else localPart.ToString().AsSpan().ToLowerInvariant(buffer);
        return buffer[..localPart.Length];
    }

    /// <summary>
    /// True when a host behind us may take the local part for a route of its own and send on: "victim%elsewhere.test@here.test",
    /// "elsewhere.test!victim@here.test", "\"victim@elsewhere.test\"@here.test" (RFC 2505 2.1); or for anything, since it is empty.
    /// </summary>
    public static bool LooksLikeRoute(ReadOnlySpan<char> localPart) => localPart.ContainsAny('%', '!', '@') || localPart is "\"\"";

    private static ReadOnlySpan<char> Unquote(ReadOnlySpan<char> quoted, Span<char> buffer)
    {
        var length = 0;
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] == '\\' && i + 1 < quoted.Length) i++;
            buffer[length++] = quoted[i];
        }
        return buffer[..length];
    }

    private static Span<char> Copy(ReadOnlySpan<char> text, Span<char> buffer)
    {
        text.CopyTo(buffer);
        return buffer[..text.Length];
    }
}
