using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// One command line as <see cref="SmtpCommandParser"/> read it. A line that is no good command is
/// <see cref="Malformed"/> with the reply that it earns, so that the dialogue can count it.
/// </summary>
public abstract record SmtpCommand
{
    private SmtpCommand() { }

    public sealed record Helo(string Domain) : SmtpCommand;
    public sealed record Ehlo(string Domain) : SmtpCommand;
    /// <param name="Size">SIZE= (RFC 1870); null when absent.</param>
    public sealed record Mail(EmailAddress Sender, long? Size, BodyType Body, bool SmtpUtf8, DsnReturn Return, string? EnvelopeId) : SmtpCommand
    {
        /// <summary>Whose parameters the line had; the dialogue refuses those that are not offered.</summary>
        public SmtpExtensions Uses { get; init; }
    }

    public sealed record Rcpt(Recipient Recipient) : SmtpCommand
    {
        /// <inheritdoc cref="Mail.Uses"/>
        public SmtpExtensions Uses { get; init; }
    }

    public sealed record Data : SmtpCommand;
    /// <param name="Size">Octets that follow the line (RFC 3030).</param>
    public sealed record Bdat(long Size, bool Last) : SmtpCommand;
    public sealed record Rset : SmtpCommand;
    public sealed record Noop : SmtpCommand;
    public sealed record Vrfy(string Text) : SmtpCommand;
    public sealed record Expn(string Text) : SmtpCommand;
    public sealed record Help(string Topic) : SmtpCommand;
    public sealed record Quit : SmtpCommand;
    public sealed record StartTls : SmtpCommand;
    /// <param name="Mechanism">Upper case.</param>
    /// <param name="Initial">Base64 as received; null when absent ("=" stands for an empty one).</param>
    public sealed record Auth(string Mechanism, string? Initial) : SmtpCommand;
    /// <summary>Postfix's XCLIENT.</summary>
    public sealed record Xclient(XclientAttributes Client) : SmtpCommand;
    /// <param name="Reply">421, 500, 501 or 555: what is wrong with the line.</param>
    /// <param name="Verb">Upper-case verb when it was recognised, else "".</param>
    public sealed record Malformed(SmtpReply Reply, string Verb) : SmtpCommand
    {
        /// <summary>
        /// True when what follows must not be taken for commands, so that the session ends: the octets behind a BDAT whose
        /// size cannot be read, and an HTTP request, whose body somebody else wrote.
        /// </summary>
        public bool EndsSession { get; init; }
    }
}
