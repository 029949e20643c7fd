using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// Messages that can be counted: each has a number, and everything else in it follows from that number, so that a receiver
/// can tell which one it is and whether a single octet is wrong.
/// </summary>
public static class NumberedMail
{
    private const string NumberField = "X-Number: ";

    /// <summary>Over how many domains the messages are spread.</summary>
    public const int Domains = 10;

    public static string Domain(int number) => $"d{number % Domains}.example.test";

    public static string Recipient(int number) => $"user{number}@{Domain(number)}";

    /// <summary>Message number <paramref name="number"/>, of about so many octets.</summary>
    public static byte[] Message(int number, int octets)
    {
        var message = new MemoryStream(octets + 100);
        message.Write(Encoding.ASCII.GetBytes(
            $"{NumberField}{number}\r\nFrom: <source@sender.test>\r\nTo: <{Recipient(number)}>\r\nSubject: {number}\r\n\r\n"));
        var random = new Random(number);
        Span<byte> line = stackalloc byte[54];
        Span<byte> text = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(54)];
        while (message.Length < octets)
        {
            random.NextBytes(line);
            Base64.EncodeToUtf8(line, text, out _, out var written);
            // Some lines begin with a dot, so that stuffing is part of the proof.
            if (line[0] < 16) message.WriteByte((byte)'.');
            message.Write(text[..written]);
            message.Write("\r\n"u8);
        }
        return message.ToArray();
    }

    /// <returns>The number a message says it has, or -1.</returns>
    public static int NumberOf(ReadOnlySpan<byte> content)
    {
        var field = Encoding.ASCII.GetBytes(NumberField);
        if (!content.StartsWith(field)) return -1;
        var line = content[field.Length..Math.Max(field.Length, content.IndexOf((byte)'\r'))];
        return int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }
}
