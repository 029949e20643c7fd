using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// State between two inputs. Callers hold it and look at nothing but <see cref="Transaction"/>, <see cref="Extended"/>,
/// <see cref="ClientName"/> and <see cref="User"/>.
/// </summary>
public sealed record DialogueState
{
    /// <summary>Argument of HELO or EHLO; null before it.</summary>
    public string? ClientName { get; init; }
    /// <summary>True after EHLO.</summary>
    public bool Extended { get; init; }
    public MailTransaction? Transaction { get; init; }
    /// <summary>Who logged in; null before AUTH.</summary>
    public UserAccount? User { get; init; }

    /// <summary>What is known of the connection; null is as good as a client in the clear.</summary>
    internal SessionFacts? Facts { get; init; }
    /// <summary>Mechanism of the SASL exchange under way; null when there is none.</summary>
    internal string? Mechanism { get; init; }
    /// <summary>True when <see cref="User"/> is what a proxy said (XCLIENT LOGIN).</summary>
    internal bool UserVouchedFor { get; init; }
    /// <summary>What was announced to this client: nothing before EHLO.</summary>
    internal SmtpExtensions Offered { get; init; }
    /// <summary>Protocol errors so far in the session.</summary>
    internal int Errors { get; init; }
    /// <summary>Commands since the last message that brought none nearer.</summary>
    internal int IdleCommands { get; init; }
    /// <summary>MAIL commands accepted so far in the session.</summary>
    internal int Transactions { get; init; }
    /// <summary>A MAIL that waits for its authorisation.</summary>
    internal SmtpCommand.Mail? PendingMail { get; init; }
    /// <summary>The last MAIL was refused: what the client has sent behind it is refused too, and is no error of its own.</summary>
    internal bool SenderRefused { get; init; }
    /// <summary>A recipient that waits for its authorisation.</summary>
    internal Recipient? Pending { get; init; }
    /// <summary>True when a RCPT of this transaction was refused.</summary>
    internal bool RecipientsRefused { get; init; }
    /// <summary>Octets of BDAT so far; null when none came in this transaction.</summary>
    internal long? Chunked { get; init; }
    /// <summary>A chunk was refused: those that the client has sent behind it are refused too, and are no errors of its own.</summary>
    internal bool ChunkRefused { get; init; }

    /// <summary>The same session between transactions.</summary>
    internal DialogueState WithoutTransaction() =>
        Transaction is null && PendingMail is null && !SenderRefused && !ChunkRefused
            ? this
            : this with
            {
                Transaction = null,
                PendingMail = null,
                SenderRefused = false,
                Pending = null,
                RecipientsRefused = false,
                Chunked = null,
                ChunkRefused = false,
            };
}

/// <summary>The mail transaction under way: MAIL was accepted.</summary>
/// <param name="Recipients">As the client gave them, those that were accepted.</param>
public sealed record MailTransaction(SmtpCommand.Mail Mail, ImmutableList<Recipient> Recipients)
{
    /// <summary>Who gets the message: the recipients, with aliases replaced by what they stand for. May hold one twice.</summary>
    public ImmutableList<Recipient> Targets { get; init; } = [];
}
