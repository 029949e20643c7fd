using System.Buffers;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// The sender's half of transparency (RFC 5321 4.5.2): doubles a dot at the start of a line, ends with CRLF.CRLF.
/// Only CRLF starts a line. One instance per message.
/// </summary>
public sealed class DotStuffing
{
    private enum Seen { LineStart, Text, Cr }

    private Seen _seen = Seen.LineStart;

    /// <summary>Writes message octets, stuffed. Keeps state between calls (line start across buffers).</summary>
    public void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        if (octets.IsEmpty) return;
        var rest = octets;
        if (_seen == Seen.Cr && octets[0] == '\n')
        {
            output.Write("\n"u8);
            _seen = Seen.LineStart;
            rest = octets[1..];
        }
        if (_seen == Seen.LineStart && rest is [(byte)'.', ..]) output.Write("."u8);
        for (int at; (at = rest.IndexOf("\r\n."u8)) >= 0; rest = rest[(at + 2)..])
        {
            output.Write(rest[..(at + 2)]);
            output.Write("."u8);
        }
        output.Write(rest);
        if (!rest.IsEmpty) _seen = After(octets);
    }

    /// <summary>Writes the end: ".CRLF", with a CRLF before it when the message did not end with one.</summary>
    public void End(IBufferWriter<byte> output) =>
        output.Write(_seen == Seen.LineStart ? ".\r\n"u8 : "\r\n.\r\n"u8);

    // A line feed alone in front of these octets was dealt with, so the last two say it all.
    private static Seen After(ReadOnlySpan<byte> octets) => octets switch
    {
        [.., (byte)'\r', (byte)'\n'] => Seen.LineStart,
        [.., (byte)'\r'] => Seen.Cr,
        _ => Seen.Text,
    };
}
