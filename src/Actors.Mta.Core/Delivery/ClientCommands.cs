using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Delivery;

/// <summary>The command lines of one outbound transaction as bytes: MAIL, RCPT and BDAT with the parameters that the peer understands.</summary>
internal static class ClientCommands
{
    public static readonly ReadOnlyMemory<byte> Data = "DATA\r\n"u8.ToArray();
    public static readonly ReadOnlyMemory<byte> Reset = "RSET\r\n"u8.ToArray();
    public static readonly ReadOnlyMemory<byte> EmptyEnd = ".\r\n"u8.ToArray();

    public static void WriteMail(ArrayBufferWriter<byte> output, Envelope envelope, PeerCapabilities peer, bool utf8)
    {
        output.Write("MAIL FROM:<"u8);
        WriteText(output, envelope.Sender.Text);
        output.Write(">"u8);
        if (peer.Size is not null)
        {
            output.Write(" SIZE="u8);
            WriteNumber(output, envelope.Size);
        }
        // RFC 6152 3 wants a conversion or a failure when the peer lacks 8BITMIME. Like most MTAs of today (Postfix with
        // disable_mime_output_conversion) we send the octets as they are: every server in use takes them, and a conversion
        // would break signatures.
        if (peer.EightBitMime && envelope.Body == BodyType.EightBitMime) output.Write(" BODY=8BITMIME"u8);
        if (utf8) output.Write(" SMTPUTF8"u8);
        if (peer.Dsn) WriteDsn(output, envelope);
        output.Write("\r\n"u8);
    }

    public static void WriteRcpt(ArrayBufferWriter<byte> output, Envelope envelope, Recipient recipient, PeerCapabilities peer, bool utf8)
    {
        output.Write("RCPT TO:<"u8);
        WriteText(output, recipient.Address.Text);
        output.Write(">"u8);
        if (peer.Dsn)
        {
            WriteNotify(output, envelope, recipient.Notify);
            if (recipient.OriginalRecipient is { } original)
            {
                output.Write(" ORCPT="u8);
                WriteOriginal(output, original, utf8);
            }
        }
        output.Write("\r\n"u8);
    }

    public static void WriteBdat(ArrayBufferWriter<byte> output, long size)
    {
        output.Write("BDAT "u8);
        WriteNumber(output, size);
        output.Write(" LAST\r\n"u8);
    }

    /// <summary>RET and ENVID are passed on as they came (RFC 3461 5.2.1), but never for a notification (RFC 3461 6.1).</summary>
    private static void WriteDsn(ArrayBufferWriter<byte> output, Envelope envelope)
    {
        if (envelope.Sender.IsNull) return;
        if (envelope.Return == DsnReturn.Full) output.Write(" RET=FULL"u8);
        if (envelope.Return == DsnReturn.Headers) output.Write(" RET=HDRS"u8);
        if (envelope.EnvelopeId is not { } id) return;
        output.Write(" ENVID="u8);
        WriteText(output, id);
    }

    private static void WriteNotify(ArrayBufferWriter<byte> output, Envelope envelope, DsnNotify notify)
    {
        if (notify == DsnNotify.Unspecified) return;
        if (notify.HasFlag(DsnNotify.Never))
        {
            output.Write(" NOTIFY=NEVER"u8);
            return;
        }
        // RFC 3461 6.1: with the null sender NOTIFY can be nothing but NEVER.
        if (envelope.Sender.IsNull) return;
        var start = output.WrittenCount;
        WriteFlag(output, notify, DsnNotify.Success, "SUCCESS"u8, start);
        WriteFlag(output, notify, DsnNotify.Failure, "FAILURE"u8, start);
        WriteFlag(output, notify, DsnNotify.Delay, "DELAY"u8, start);
    }

    private static void WriteFlag(ArrayBufferWriter<byte> output, DsnNotify notify, DsnNotify flag, ReadOnlySpan<byte> word, int start)
    {
        if (!notify.HasFlag(flag)) return;
        output.Write(output.WrittenCount == start ? " NOTIFY="u8 : ","u8);
        output.Write(word);
    }

    /// <summary>Without SMTPUTF8 the UTF-8 form of an address is written as utf-8-addr-xtext, "\x{3BB}" for a λ (RFC 6533 3).</summary>
    private static void WriteOriginal(ArrayBufferWriter<byte> output, string original, bool utf8)
    {
        if (utf8 || Ascii.IsValid(original))
        {
            WriteText(output, original);
            return;
        }
        foreach (var rune in original.EnumerateRunes())
            WriteText(output, rune.IsAscii ? rune.ToString() : $"\\x{{{rune.Value:X}}}");
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);

    private static void WriteNumber(ArrayBufferWriter<byte> output, long number)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(20), out var written);
        output.Advance(written);
    }
}
