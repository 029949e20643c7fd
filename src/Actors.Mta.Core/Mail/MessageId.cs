using System.Buffers.Binary;

namespace Actors.Mta.Core.Mail;

/// <summary>
/// The queue id of an accepted message: a ULID (48 bits of Unix milliseconds, 80 bits of randomness), written as
/// 26 characters of Crockford base 32. Ids sort by arrival. It is not the Message-ID header.
/// </summary>
public readonly record struct MessageId(ulong High, ulong Low) : IComparable<MessageId>
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int TextLength = 26;

    /// <summary>Makes an id from the clock and ten random bytes, both given by the caller.</summary>
    /// <param name="now">Time of arrival; only whole milliseconds are kept.</param>
    /// <param name="entropy">At least 10 random bytes; the first 10 are used.</param>
    public static MessageId Create(DateTimeOffset now, ReadOnlySpan<byte> entropy)
    {
        var high = ((ulong)now.ToUnixTimeMilliseconds() << 16) | BinaryPrimitives.ReadUInt16BigEndian(entropy);
        return new MessageId(high, BinaryPrimitives.ReadUInt64BigEndian(entropy[2..]));
    }

    /// <summary>When the message arrived, to the millisecond.</summary>
    public DateTimeOffset Arrived => DateTimeOffset.FromUnixTimeMilliseconds((long)(High >> 16));

    /// <summary>Reads the 26 characters that <see cref="ToString"/> writes; upper and lower case are the same.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MessageId id)
    {
        id = default;
        if (text.Length != TextLength) return false;
        UInt128 value = 0;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(char.ToUpperInvariant(c), StringComparison.Ordinal);
            if (digit < 0) return false;
            if (value >> 123 != 0) return false;
            value = (value << 5) | (uint)digit;
        }
        id = new MessageId((ulong)(value >> 64), (ulong)value);
        return true;
    }

    public int CompareTo(MessageId other) =>
        High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public override int GetHashCode() => HashCode.Combine(High, Low);

    public override string ToString() => string.Create(TextLength, this, static (span, id) =>
    {
        var value = new UInt128(id.High, id.Low);
        for (var i = TextLength - 1; i >= 0; i--, value >>= 5) span[i] = Alphabet[(int)(value & 31)];
    });
}
