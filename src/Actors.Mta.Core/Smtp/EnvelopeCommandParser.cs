using System.Buffers.Text;
using System.Text;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>The arguments of MAIL and RCPT: a path, and ESMTP parameters (RFC 5321 4.1.1.2, 4.1.1.3).</summary>
internal static class EnvelopeCommandParser
{
    private const int MaxSizeDigits = 20; // RFC 1870 3
    private const int MaxEnvelopeId = 100; // RFC 3461 4.4
    private const int MaxOriginalRecipient = 500; // RFC 3461 4.2
    private const int MaxAuth = 500; // RFC 4954 3

    private static readonly SmtpCommand.Malformed MailSyntax = new(Replies.MailSyntax, "MAIL");
    private static readonly SmtpCommand.Malformed BadSender = new(Replies.BadSender, "MAIL");
    private static readonly SmtpCommand.Malformed RcptSyntax = new(Replies.RcptSyntax, "RCPT");
    private static readonly SmtpCommand.Malformed BadRecipient = new(Replies.BadRecipient, "RCPT");

    public static SmtpCommand ParseMail(ReadOnlySpan<byte> argument)
    {
        if (!TryAfter("FROM:"u8, argument, out var text)) return MailSyntax;
        var path = SmtpPath.Read(text, out var sender, out var rest);
        if (path == PathForm.Missing) return MailSyntax;
        if (path is not (PathForm.Address or PathForm.Empty)) return BadSender;
        var mail = new SmtpCommand.Mail(sender, null, BodyType.SevenBit, false, DsnReturn.Unspecified, null);
        if (rest.IsEmpty) return mail;

        var parameters = new EsmtpParameters(rest);
        var seen = MailParameter.None;
        while (parameters.MoveNext())
        {
            var one = Identify(parameters.Keyword);
            if (one == MailParameter.None) return new SmtpCommand.Malformed(Replies.ParameterNotOffered, "MAIL");
            if ((seen & one) != 0 || Apply(one, parameters.Value, parameters.HasValue, mail) is not { } more)
                return new SmtpCommand.Malformed(Replies.BadParameter, "MAIL");
            seen |= one;
            mail = more;
        }
        return parameters.Broken ? new SmtpCommand.Malformed(Replies.BadParameter, "MAIL") : mail;
    }

    public static SmtpCommand ParseRcpt(ReadOnlySpan<byte> argument)
    {
        if (!TryAfter("TO:"u8, argument, out var text)) return RcptSyntax;
        var path = SmtpPath.Read(text, out var address, out var rest);
        if (path == PathForm.Missing) return RcptSyntax;
        if (path is not (PathForm.Address or PathForm.Postmaster)) return BadRecipient;
        if (rest.IsEmpty) return new SmtpCommand.Rcpt(new Recipient(address));

        var parameters = new EsmtpParameters(rest);
        var notify = DsnNotify.Unspecified;
        string? original = null;
        while (parameters.MoveNext())
        {
            bool good;
            if (Ascii.EqualsIgnoreCase(parameters.Keyword, "NOTIFY"u8))
                good = notify == DsnNotify.Unspecified && TryNotify(parameters.Value, out notify);
            else if (Ascii.EqualsIgnoreCase(parameters.Keyword, "ORCPT"u8))
                good = original is null && TryOriginalRecipient(parameters.Value, out original);
            else
                return new SmtpCommand.Malformed(Replies.ParameterNotOffered, "RCPT");
            if (!good) return new SmtpCommand.Malformed(Replies.BadParameter, "RCPT");
        }
        if (parameters.Broken) return new SmtpCommand.Malformed(Replies.BadParameter, "RCPT");
        return new SmtpCommand.Rcpt(new Recipient(address, notify, original)) { Uses = SmtpExtensions.Dsn };
    }

    // One blank after the colon is not in the grammar, but in common clients.
    private static bool TryAfter(ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> argument, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (argument.Length < keyword.Length || !Ascii.EqualsIgnoreCase(argument[..keyword.Length], keyword)) return false;
        text = argument[keyword.Length..];
        if (text is [(byte)' ', ..]) text = text[1..];
        return true;
    }

    [Flags]
    private enum MailParameter { None = 0, Size = 1, Body = 2, SmtpUtf8 = 4, Ret = 8, EnvId = 16, Auth = 32 }

    private static MailParameter Identify(ReadOnlySpan<byte> keyword)
    {
        if (Ascii.EqualsIgnoreCase(keyword, "SIZE"u8)) return MailParameter.Size;
        if (Ascii.EqualsIgnoreCase(keyword, "BODY"u8)) return MailParameter.Body;
        if (Ascii.EqualsIgnoreCase(keyword, "SMTPUTF8"u8)) return MailParameter.SmtpUtf8;
        if (Ascii.EqualsIgnoreCase(keyword, "RET"u8)) return MailParameter.Ret;
        if (Ascii.EqualsIgnoreCase(keyword, "ENVID"u8)) return MailParameter.EnvId;
        if (Ascii.EqualsIgnoreCase(keyword, "AUTH"u8)) return MailParameter.Auth;
        return MailParameter.None;
    }

    /// <returns>Null when the value is bad.</returns>
    private static SmtpCommand.Mail? Apply(MailParameter one, ReadOnlySpan<byte> value, bool hasValue, SmtpCommand.Mail mail)
    {
        switch (one)
        {
            case MailParameter.Size when TrySize(value, out var size):
                return mail with { Size = size, Uses = mail.Uses | SmtpExtensions.Size };
            case MailParameter.Body when Ascii.EqualsIgnoreCase(value, "7BIT"u8):
                return mail with { Uses = mail.Uses | SmtpExtensions.EightBitMime };
            case MailParameter.Body when Ascii.EqualsIgnoreCase(value, "8BITMIME"u8):
                return mail with { Body = BodyType.EightBitMime, Uses = mail.Uses | SmtpExtensions.EightBitMime };
            case MailParameter.SmtpUtf8 when !hasValue:
                return mail with { SmtpUtf8 = true, Uses = mail.Uses | SmtpExtensions.SmtpUtf8 };
            case MailParameter.Ret when Ascii.EqualsIgnoreCase(value, "FULL"u8):
                return mail with { Return = DsnReturn.Full, Uses = mail.Uses | SmtpExtensions.Dsn };
            case MailParameter.Ret when Ascii.EqualsIgnoreCase(value, "HDRS"u8):
                return mail with { Return = DsnReturn.Headers, Uses = mail.Uses | SmtpExtensions.Dsn };
            case MailParameter.EnvId when value.Length is > 0 and <= MaxEnvelopeId && Xtext.IsValid(value):
                return mail with { EnvelopeId = Encoding.ASCII.GetString(value), Uses = mail.Uses | SmtpExtensions.Dsn };
            // RFC 4954 5: xtext or "<>". Nobody here is trusted to vouch for a submitter, so it is checked and as good as "<>".
            case MailParameter.Auth when value.Length is > 0 and <= MaxAuth && Xtext.IsValid(value):
                return mail with { Uses = mail.Uses | SmtpExtensions.Auth };
            default:
                return null;
        }
    }

    private static bool TrySize(ReadOnlySpan<byte> digits, out long size)
    {
        size = 0;
        if (digits.Length is 0 or > MaxSizeDigits || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return false;
        // 20 digits may be more than a long holds, and than any limit.
        if (!Utf8Parser.TryParse(digits, out size, out _)) size = long.MaxValue;
        return true;
    }

    // RFC 3461 4.1: NEVER alone, or a list of the others.
    private static bool TryNotify(ReadOnlySpan<byte> value, out DsnNotify notify)
    {
        notify = DsnNotify.Unspecified;
        if (Ascii.EqualsIgnoreCase(value, "NEVER"u8))
        {
            notify = DsnNotify.Never;
            return true;
        }
        foreach (var range in value.Split((byte)','))
        {
            var one = value[range];
            if (Ascii.EqualsIgnoreCase(one, "SUCCESS"u8)) notify |= DsnNotify.Success;
            else if (Ascii.EqualsIgnoreCase(one, "FAILURE"u8)) notify |= DsnNotify.Failure;
            else if (Ascii.EqualsIgnoreCase(one, "DELAY"u8)) notify |= DsnNotify.Delay;
            else return false;
        }
        return true;
    }

    // RFC 3461 4.2; RFC 6533 3 for the address type "utf-8".
    private static bool TryOriginalRecipient(ReadOnlySpan<byte> value, out string? original)
    {
        original = null;
        var semicolon = value.IndexOf((byte)';');
        if (semicolon < 1 || value.Length > MaxOriginalRecipient) return false;
        var type = value[..semicolon];
        var address = value[(semicolon + 1)..];
        foreach (var c in type)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c != '-') return false;
        }
        var good = Ascii.EqualsIgnoreCase(type, "utf-8"u8) ? Xtext.IsValidUtf8Address(address) : Xtext.IsValid(address);
        if (good) original = Encoding.UTF8.GetString(value);
        return good;
    }
}
