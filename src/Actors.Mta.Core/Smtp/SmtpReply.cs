using System.Buffers;
using System.Collections.Immutable;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// An SMTP reply (RFC 5321 4.2), sent or received: a three-digit code, an enhanced status code (RFC 2034) where there is
/// one, and one or more lines of text.
/// </summary>
public sealed record SmtpReply(int Code, EnhancedStatus? Status, ImmutableArray<string> Lines)
{
    /// <summary>One line of text; <paramref name="status"/> such as "2.1.0", or null for replies that carry none (220, 354, EHLO).</summary>
    public static SmtpReply Of(int code, string? status, string text) =>
        new(code, status is null ? null : EnhancedStatus.Parse(status), [text]);

    public bool IsPositive => Code is >= 200 and < 400;
    public bool IsTransient => Code is >= 400 and < 500;
    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>All lines joined by a blank, without code and status.</summary>
    public string Text => Lines.Length == 1 ? Lines[0] : string.Join(' ', Lines);

    /// <summary>Writes the reply as it goes over the wire, "250-…" lines included, each ended by CRLF.</summary>
    public void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>
    /// Reads the lines of one received reply (without their CRLF). Text that is not UTF-8 is kept as Latin-1; control
    /// characters become '?'; text is cut after 500 characters a line.
    /// </summary>
    /// <returns>False when the lines are no reply: codes differ, or no digits.</returns>
    public static bool TryParse(IReadOnlyList<ReadOnlyMemory<byte>> lines, out SmtpReply reply) => throw new NotImplementedException();

    public bool Equals(SmtpReply? other) =>
        other is not null && Code == other.Code && Status == other.Status && Lines.SequenceEqual(other.Lines);

    public override int GetHashCode() => HashCode.Combine(Code, Status, Text);

    /// <summary>"550 5.7.1 Relaying denied", on one line, for logs and notifications.</summary>
    public override string ToString() => Status is { } s ? $"{Code} {s} {Text}" : $"{Code} {Text}";
}
