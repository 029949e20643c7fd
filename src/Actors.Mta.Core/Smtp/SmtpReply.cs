using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// An SMTP reply (RFC 5321 4.2), sent or received: a three-digit code, an enhanced status code (RFC 2034) where there is
/// one, and one or more lines of text.
/// </summary>
public sealed record SmtpReply(int Code, EnhancedStatus? Status, ImmutableArray<string> Lines)
{
    private const int MaxWireLine = 512; // RFC 5321 4.5.3.1.5, CRLF included

    private static readonly SearchValues<byte> Unprintable = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Where(c => c != '\t').Select(c => (byte)c), 0x7f]);

    private byte[]? _wire;

    // Leaves the encoded form behind: the copy is about to differ.
    private SmtpReply(SmtpReply original) => (Code, Status, Lines) = original;

    /// <summary>One line of text; <paramref name="status"/> such as "2.1.0", or null for replies that carry none (220, 354, EHLO).</summary>
    public static SmtpReply Of(int code, string? status, string text) =>
        new(code, status is null ? null : EnhancedStatus.Parse(status), [text]);

    public bool IsPositive => Code is >= 200 and < 400;
    public bool IsTransient => Code is >= 400 and < 500;
    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>All lines joined by a blank, without code and status.</summary>
    public string Text => Lines.Length == 1 ? Lines[0] : string.Join(' ', Lines);

    /// <summary>
    /// Writes the reply as it goes over the wire, "250-…" lines included, each ended by CRLF. The status stands on each line
    /// (RFC 2034 4); control characters become '?', and a line is cut at 512 octets (RFC 5321 4.5.3.1.5).
    /// </summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        if (_wire is { } wire)
        {
            output.Write(wire);
            return;
        }
        if (Lines.IsEmpty) WriteLine(output, "", last: true);
        for (var i = 0; i < Lines.Length; i++) WriteLine(output, Lines[i], last: i == Lines.Length - 1);
    }

    /// <summary>Encodes once, for a reply that is said often.</summary>
    /// <returns>This reply.</returns>
    internal SmtpReply Encoded()
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        WriteTo(buffer);
        _wire = buffer.WrittenSpan.ToArray();
        return this;
    }

    private void WriteLine(IBufferWriter<byte> output, string text, bool last)
    {
        var line = output.GetSpan(MaxWireLine)[..MaxWireLine];
        line[0] = (byte)('0' + (Code / 100 % 10));
        line[1] = (byte)('0' + (Code / 10 % 10));
        line[2] = (byte)('0' + (Code % 10));
        line[3] = last ? (byte)' ' : (byte)'-';
        var length = 4;
        if (Status is { } status)
        {
            length += status.Write(line[length..]);
            line[length++] = (byte)' ';
        }
        // Stops between two characters where the text is too long.
        Utf8.FromUtf16(text, line[length..^2], out _, out var written);
        var rest = line.Slice(length, written);
        for (int bad; (bad = rest.IndexOfAny(Unprintable)) >= 0; rest = rest[(bad + 1)..]) rest[bad] = (byte)'?';
        length += written;
        line[length++] = (byte)'\r';
        line[length++] = (byte)'\n';
        output.Advance(length);
    }

    /// <summary>
    /// Reads the lines of one received reply (without their CRLF). Text that is not UTF-8 is kept as Latin-1; control
    /// characters become '?'; text is cut after 500 characters a line.
    /// </summary>
    /// <returns>False when the lines are no reply: codes differ, or no digits.</returns>
    public static bool TryParse(IReadOnlyList<ReadOnlyMemory<byte>> lines, [MaybeNullWhen(false)] out SmtpReply reply) =>
        ReceivedReply.TryParse(lines, out reply);

    public bool Equals(SmtpReply? other) =>
        other is not null && Code == other.Code && Status == other.Status && Lines.SequenceEqual(other.Lines);

    public override int GetHashCode() => HashCode.Combine(Code, Status, Text);

    /// <summary>"550 5.7.1 Relaying denied", on one line, for logs and notifications.</summary>
    public override string ToString() => Status is { } s ? $"{Code} {s} {Text}" : $"{Code} {Text}";
}
