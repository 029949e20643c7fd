using System.Buffers;
using System.Text;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Local;

/// <summary>
/// Turns a message as SMTP has it into one as a mailbox has it: the envelope's addresses in front (RFC 5321 4.4), lines that end
/// with LF alone, the last one too. A CR that ends no line stays.
/// </summary>
internal sealed class MaildirText
{
    private bool _heldReturn;
    private byte _last = (byte)'\n';

    public static byte[] Fields(EmailAddress sender, EmailAddress recipient) =>
        Encoding.UTF8.GetBytes($"Return-Path: <{sender.Text}>\nDelivered-To: {recipient.Text}\n");

    /// <summary>Converts the next piece; a CR at its end waits for what follows.</summary>
    public void Write(ReadOnlySpan<byte> piece, IBufferWriter<byte> output)
    {
        while (!piece.IsEmpty)
        {
            if (_heldReturn && piece[0] != '\n') Put("\r"u8, output);
            _heldReturn = false;
            var end = piece.IndexOf((byte)'\r');
            Put(end < 0 ? piece : piece[..end], output);
            if (end < 0) return;
            _heldReturn = true;
            piece = piece[(end + 1)..];
        }
    }

    public void End(IBufferWriter<byte> output)
    {
        if (_heldReturn) Put("\r"u8, output);
        if (_last != '\n') Put("\n"u8, output);
    }

    private void Put(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        if (octets.IsEmpty) return;
        output.Write(octets);
        _last = octets[^1];
    }
}
