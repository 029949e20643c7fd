using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// Bytes of one command line to <see cref="SmtpCommand"/>; RFC 5321 4.1, RFC 1870, 3030, 3461, 4954, 6152, 6531. Never throws:
/// what is no command is <see cref="SmtpCommand.Malformed"/>. Knows nothing of state or of what is offered.
/// </summary>
public static class SmtpCommandParser
{
    private const int MaxHelloArgument = 255;

    /// <summary>For the pump: the line was longer than the limit and was thrown away.</summary>
    public static readonly SmtpCommand.Malformed LineTooLong = new(Replies.LineTooLong, "");

    /// <summary>A CR or LF within a command line: only CRLF ends one (RFC 5321 2.3.8).</summary>
    public static readonly SmtpCommand.Malformed BareNewline = new(Replies.BareNewline, "");

    private static readonly SmtpCommand.Malformed Unknown = new(Replies.UnknownCommand, "");
    private static readonly SmtpCommand.Malformed Http = new(Replies.NotHttp, "") { EndsSession = true };
    private static readonly SmtpCommand.Data Data = new();
    private static readonly SmtpCommand.Rset Rset = new();
    private static readonly SmtpCommand.Noop Noop = new();
    private static readonly SmtpCommand.Quit Quit = new();
    private static readonly SmtpCommand.StartTls StartTls = new();

    /// <param name="line">The line without its CRLF.</param>
    public static SmtpCommand Parse(ReadOnlySpan<byte> line)
    {
        if (line.IndexOfAny((byte)'\r', (byte)'\n') >= 0) return BareNewline;
        line = line.TrimEnd(" \t"u8); // RFC 5321 4.1.1: white space at the end is tolerated
        var blank = line.IndexOf((byte)' ');
        var verb = blank < 0 ? line : line[..blank];
        var argument = blank < 0 ? default : line[(blank + 1)..];
        if (verb.Length == 4) return ParseFourLetters(verb, argument);
        if (Ascii.EqualsIgnoreCase(verb, "STARTTLS"u8)) return Alone(StartTls, "STARTTLS", argument);
        if (Ascii.EqualsIgnoreCase(verb, "XCLIENT"u8)) return XclientParser.Parse(argument);
        return UnknownOrHttp(verb);
    }

    private static SmtpCommand ParseFourLetters(ReadOnlySpan<byte> verb, ReadOnlySpan<byte> argument)
    {
        const uint caseMask = 0xDFDFDFDF; // two octets differ in that bit alone only if they are one letter in two cases
        switch (BinaryPrimitives.ReadUInt32BigEndian(verb) & caseMask)
        {
            case Verb.Mail: return EnvelopeCommandParser.ParseMail(argument);
            case Verb.Rcpt: return EnvelopeCommandParser.ParseRcpt(argument);
            case Verb.Data: return Alone(Data, "DATA", argument);
            case Verb.Bdat: return ParseBdat(argument);
            case Verb.Rset: return Alone(Rset, "RSET", argument);
            case Verb.Quit: return Alone(Quit, "QUIT", argument);
            case Verb.Noop: return Noop; // RFC 5321 4.1.1.9: its parameter is ignored
            case Verb.Ehlo: return IsHelloArgument(argument) ? new SmtpCommand.Ehlo(Text(argument)) : Bad(Replies.HelloSyntax, "EHLO");
            case Verb.Helo: return IsHelloArgument(argument) ? new SmtpCommand.Helo(Text(argument)) : Bad(Replies.HelloSyntax, "HELO");
            case Verb.Auth: return ParseAuth(argument);
            case Verb.Help: return new SmtpCommand.Help(Text(argument));
            case Verb.Vrfy: return argument.IsEmpty ? Bad(Replies.ArgumentMissing, "VRFY") : new SmtpCommand.Vrfy(Text(argument));
            case Verb.Expn: return argument.IsEmpty ? Bad(Replies.ArgumentMissing, "EXPN") : new SmtpCommand.Expn(Text(argument));
            default: return UnknownOrHttp(verb);
        }
    }

    private static SmtpCommand Alone(SmtpCommand command, string verb, ReadOnlySpan<byte> argument) =>
        argument.IsEmpty ? command : Bad(Replies.NoParameters, verb);

    private static SmtpCommand.Malformed Bad(SmtpReply reply, string verb) => new(reply, verb);

    // RFC 3030 2: the size, then LAST or nothing.
    private static SmtpCommand ParseBdat(ReadOnlySpan<byte> argument)
    {
        var blank = argument.IndexOf((byte)' ');
        var digits = blank < 0 ? argument : argument[..blank];
        var last = blank < 0 ? default : argument[(blank + 1)..].TrimStart((byte)' ');
        if (digits is [>= (byte)'0' and <= (byte)'9', ..]
            && Utf8Parser.TryParse(digits, out long size, out var used) && used == digits.Length
            && (last.IsEmpty || Ascii.EqualsIgnoreCase(last, "LAST"u8)))
            return new SmtpCommand.Bdat(size, Last: !last.IsEmpty);
        return Bad(Replies.BdatSyntax, "BDAT") with { EndsSession = true };
    }

    // RFC 4954 4: a mechanism (RFC 4422 3.1), and at most one word behind it, whose base64 is looked at when its turn has come.
    private static SmtpCommand ParseAuth(ReadOnlySpan<byte> argument)
    {
        var blank = argument.IndexOf((byte)' ');
        var mechanism = blank < 0 ? argument : argument[..blank];
        var initial = blank < 0 ? default : argument[(blank + 1)..].TrimStart((byte)' ');
        if (!IsMechanism(mechanism) || initial.ContainsAnyExceptInRange((byte)'!', (byte)'~')) return Bad(Replies.AuthSyntax, "AUTH");
        return new SmtpCommand.Auth(Text(mechanism).ToUpperInvariant(), initial.IsEmpty ? null : Text(initial));
    }

    private static bool IsMechanism(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > 20) return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'-' or (byte)'_')) return false;
        }
        return true;
    }

    // Loose: many clients do not know their name, and none is refused for it. Only what nobody may say is.
    private static bool IsHelloArgument(ReadOnlySpan<byte> argument) =>
        argument.Length is > 0 and <= MaxHelloArgument
        && !argument.ContainsAnyInRange((byte)0, (byte)0x1f) && !argument.Contains((byte)0x7f)
        && Utf8.IsValid(argument);

    private static string Text(ReadOnlySpan<byte> argument) => Encoding.UTF8.GetString(argument);

    // A browser can be made to send a form to any host and port that it reaches, and its lines may be commands.
    private static SmtpCommand.Malformed UnknownOrHttp(ReadOnlySpan<byte> verb) =>
        verb.SequenceEqual("GET"u8) || verb.SequenceEqual("POST"u8) || verb.SequenceEqual("PUT"u8) || verb.SequenceEqual("HEAD"u8)
        || verb.SequenceEqual("OPTIONS"u8) || verb.SequenceEqual("CONNECT"u8) || verb.SequenceEqual("PATCH"u8)
        || verb.SequenceEqual("DELETE"u8)
            ? Http : Unknown;

    /// <summary>Verbs of four letters as big-endian numbers.</summary>
    private static class Verb
    {
        public const uint Mail = ('M' << 24) | ('A' << 16) | ('I' << 8) | 'L';
        public const uint Rcpt = ('R' << 24) | ('C' << 16) | ('P' << 8) | 'T';
        public const uint Data = ('D' << 24) | ('A' << 16) | ('T' << 8) | 'A';
        public const uint Bdat = ('B' << 24) | ('D' << 16) | ('A' << 8) | 'T';
        public const uint Rset = ('R' << 24) | ('S' << 16) | ('E' << 8) | 'T';
        public const uint Quit = ('Q' << 24) | ('U' << 16) | ('I' << 8) | 'T';
        public const uint Noop = ('N' << 24) | ('O' << 16) | ('O' << 8) | 'P';
        public const uint Ehlo = ('E' << 24) | ('H' << 16) | ('L' << 8) | 'O';
        public const uint Helo = ('H' << 24) | ('E' << 16) | ('L' << 8) | 'O';
        public const uint Auth = ('A' << 24) | ('U' << 16) | ('T' << 8) | 'H';
        public const uint Help = ('H' << 24) | ('E' << 16) | ('L' << 8) | 'P';
        public const uint Vrfy = ('V' << 24) | ('R' << 16) | ('F' << 8) | 'Y';
        public const uint Expn = ('E' << 24) | ('X' << 16) | ('P' << 8) | 'N';
    }
}
