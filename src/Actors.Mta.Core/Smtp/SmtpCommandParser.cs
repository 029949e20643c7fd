namespace Actors.Mta.Core.Smtp;

/// <summary>Bytes of one command line to <see cref="SmtpCommand"/>; RFC 5321 4.1, RFC 1870, 3030, 3461, 6152, 6531.</summary>
public static class SmtpCommandParser
{
    /// <param name="line">The line without its CRLF.</param>
    public static SmtpCommand Parse(ReadOnlySpan<byte> line) => throw new NotImplementedException();
}
