using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>What the messages of a run are like.</summary>
public sealed record MessageOptions
{
    /// <summary>Octets of header and body together; a little more where the header alone has more.</summary>
    public Distribution Sizes { get; init; } = Distribution.Always(4096);

    /// <summary>Real messages instead of made ones, in turns; their sizes are their own.</summary>
    public ImmutableArray<MessageFile> Files { get; init; } = [];

    /// <summary>So many values of X-Tenant, in turns; 0: no such field.</summary>
    public int Tenants { get; init; }

    /// <summary>The value of X-Campaign; empty: no such field.</summary>
    public string Campaign { get; init; } = "";
}

/// <summary>
/// Makes the messages of a run, each with its stamp, into a caller's buffer. Made bodies are plain text whose first line is
/// different in each message, so that bodies that were swapped are noticed.
/// </summary>
public sealed class MessageFactory(RunId run, MessageOptions options)
{
    /// <summary>The largest message that is made.</summary>
    public const int MaxSize = 256 << 20;

    private const string Text = "The quick brown fox jumps over the lazy dog; 0123456789 and so on.\r\n";

    private static readonly byte[] EndOfData = [.. ".\r\n"u8];

    private readonly byte[] _text = Repeat(Encoding.ASCII.GetBytes(Text), (int)Math.Min(MaxSize, double.IsInfinity(options.Sizes.Maximum) ? 1 << 20 : options.Sizes.Maximum));

    /// <summary>Writes a message.</summary>
    /// <param name="at">When it was to be sent, in µs since 1970.</param>
    /// <param name="to">For the To field.</param>
    /// <param name="dotted">As DATA wants it: dots stuffed, the final dot behind (RFC 5321 4.5.2); else as BDAT does.</param>
    /// <returns>True when there are octets beyond ASCII in it (RFC 6152).</returns>
    public bool Write(ArrayBufferWriter<byte> buffer, long serial, long at, string from, string to, bool dotted, Random random)
    {
        buffer.ResetWrittenCount();
        if (options.Files.IsEmpty) Make(buffer, serial, at, from, to, random);
        else WriteFile(buffer, serial, at, dotted);
        if (dotted) buffer.Write(EndOfData);
        return !options.Files.IsEmpty && !Ascii.IsValid(buffer.WrittenSpan);
    }

    private void Make(ArrayBufferWriter<byte> buffer, long serial, long at, string from, string to, Random random)
    {
        var fields = string.Create(CultureInfo.InvariantCulture,
            $"From: <{from}>\r\nTo: <{to}>\r\nSubject: {run} {serial}\r\nMessage-ID: <{serial}.{run}@load.test>\r\n{Date(at)}{Labels(serial)}\r\n");
        var first = string.Create(CultureInfo.InvariantCulture, $"This is message {serial} of run {run}.\r\n");
        const int stampLength = 80;
        var wanted = (int)Math.Min(options.Sizes.Sample(random), _text.Length) - fields.Length - first.Length - stampLength;
        var body = ArrayPool<byte>.Shared.Rent(first.Length + Math.Max(0, wanted));
        var length = Encoding.ASCII.GetBytes(first, body);
        length += FillText(body.AsSpan(length, Math.Max(0, wanted)));
        Append(buffer, new Stamp(run, serial, Stamp.SumOf(body.AsSpan(0, length)), at).Line);
        Append(buffer, fields);
        buffer.Write(body.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(body);
    }

    /// <summary>Whole lines where they fit, and a shorter last one.</summary>
    private int FillText(Span<byte> rest)
    {
        if (rest.Length < 4) return 0;
        _text.AsSpan(0, rest.Length).CopyTo(rest);
        "\r\n"u8.CopyTo(rest[^2..]);
        // Neither a lonely CR before the end nor one too many.
        if (rest[^3] is (byte)'\r' or (byte)'\n') rest[^3] = (byte)'.';
        if (rest[^4] is (byte)'\r') rest[^4] = (byte)'.';
        return rest.Length;
    }

    private void WriteFile(ArrayBufferWriter<byte> buffer, long serial, long at, bool dotted)
    {
        var file = options.Files[(int)(serial % options.Files.Length)];
        Append(buffer, new Stamp(run, serial, Stamp.SumOf(file.Body.Span), at).Line + Labels(serial));
        Stuff(buffer, file.Header.Span, dotted);
        buffer.Write("\r\n"u8);
        Stuff(buffer, file.Body.Span, dotted);
    }

    private static void Stuff(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> text, bool dotted)
    {
        if (dotted && text.StartsWith("."u8)) buffer.Write("."u8);
        while (dotted && text.IndexOf("\r\n."u8) is >= 0 and var at)
        {
            buffer.Write(text[..(at + 2)]);
            buffer.Write("."u8);
            text = text[(at + 2)..];
            // The dot itself goes with what follows, so that it is not met again.
            buffer.Write(text[..1]);
            text = text[1..];
        }
        buffer.Write(text);
    }

    private string Labels(long serial)
    {
        if (options.Tenants == 0 && options.Campaign.Length == 0) return "";
        var tenant = options.Tenants == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"X-Tenant: t{serial % options.Tenants}\r\n");
        return options.Campaign.Length == 0 ? tenant : $"{tenant}X-Campaign: {options.Campaign}\r\n";
    }

    private static string Date(long at) =>
        DateTimeOffset.UnixEpoch.AddMicroseconds(at).ToString("'Date: 'ddd, dd MMM yyyy HH:mm:ss '+0000'\r\n", CultureInfo.InvariantCulture);

    private static void Append(ArrayBufferWriter<byte> buffer, string text) =>
        buffer.Advance(Encoding.ASCII.GetBytes(text, buffer.GetSpan(text.Length)));

    private static byte[] Repeat(byte[] text, int length)
    {
        var repeated = new byte[Math.Max(length, text.Length)];
        for (var at = 0; at < repeated.Length; at += text.Length)
            text.AsSpan(0, Math.Min(text.Length, repeated.Length - at)).CopyTo(repeated.AsSpan(at));
        return repeated;
    }
}
