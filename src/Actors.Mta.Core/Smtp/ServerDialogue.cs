using System.Diagnostics;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Sasl;
using static Actors.Mta.Core.Smtp.DialogueSteps;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// The server's side of an SMTP session as a state table: (state, input) → (state, reply, effect). Pure: whoever calls it
/// performs the effect and comes back with its result. RFC 5321 4.1.4 order of commands; 503 for the rest. What concerns TLS, AUTH
/// and XCLIENT is in <see cref="SecurityDialogue"/>.
/// </summary>
public static class ServerDialogue
{
    /// <summary>The connection was accepted: state and 220 greeting.</summary>
    public static DialogueStep Open(SessionFacts facts, SessionPolicy policy) =>
        Say(new DialogueState { Facts = facts }, Announcement.Of(policy).Greeting);

    /// <summary>A command line came in. Never called while an effect that waits for an answer is open.</summary>
    public static DialogueStep OnCommand(DialogueState state, SmtpCommand command, SessionPolicy policy)
    {
        if (command is SmtpCommand.Noop or SmtpCommand.Rset or SmtpCommand.Ehlo or SmtpCommand.Helo or SmtpCommand.Vrfy or SmtpCommand.Help)
        {
            state = CountIdle(state, policy);
            if (state.Errors > policy.Limits.Errors) return Plain(policy, CutOff(state, Replies.TooManyErrors));
        }
        return Plain(policy, command switch
        {
            SmtpCommand.Rcpt rcpt => OnRcpt(state, rcpt, policy),
            SmtpCommand.Mail mail => OnMail(state, mail, policy),
            SmtpCommand.Data => OnData(state, policy),
            SmtpCommand.Bdat bdat => OnBdat(state, bdat, policy),
            SmtpCommand.Ehlo ehlo => OnHello(state, ehlo.Domain, extended: true, policy),
            SmtpCommand.Helo helo => OnHello(state, helo.Domain, extended: false, policy),
            SmtpCommand.Rset => Say(state.WithoutTransaction(), Replies.Ok),
            SmtpCommand.Noop => Say(state, Replies.Ok),
            SmtpCommand.Vrfy => Say(state, Replies.CannotVerify), // RFC 5321 3.5.3
            SmtpCommand.Help when Announcement.Of(policy).HasHelp => Say(state, Replies.Help),
            SmtpCommand.Quit => Close(state, Replies.Bye),
            SmtpCommand.StartTls => SecurityDialogue.OnStartTls(state, policy),
            SmtpCommand.Auth auth => SecurityDialogue.OnAuth(state, auth, policy),
            SmtpCommand.Xclient xclient => SecurityDialogue.OnXclient(state, xclient, policy),
            SmtpCommand.Expn or SmtpCommand.Help => Fault(state, Replies.NotImplemented, policy),
            SmtpCommand.Malformed { EndsSession: true } last => CutOff(state, last.Reply),
            SmtpCommand.Malformed malformed => OnMalformed(state, malformed, policy),
            _ => throw new UnreachableException(command.ToString()),
        });
    }

    /// <summary>TLS stands (after <see cref="DialogueEffect.StartTls"/>): nothing of the session before is kept (RFC 3207 4.2).</summary>
    /// <param name="facts">With <see cref="SessionFacts.Tls"/>.</param>
    /// <returns>A step without a reply: the client speaks next.</returns>
    public static DialogueStep OnTls(DialogueState state, SessionFacts facts, SessionPolicy policy) =>
        SecurityDialogue.OnTls(state, facts);

    /// <summary>What the SASL exchange came to (after BeginSasl or ContinueSasl): 334, 235, or its refusal.</summary>
    public static DialogueStep OnSasl(DialogueState state, SaslResult result, SessionPolicy policy) =>
        Plain(policy, SecurityDialogue.OnSasl(state, result, policy));

    /// <summary>The client's line in a SASL exchange (after ReadSaslLine), without its CRLF.</summary>
    /// <param name="line">Null when it was longer than 12288 octets (500 5.5.6, RFC 4954 4).</param>
    public static DialogueStep OnSaslLine(DialogueState state, ReadOnlyMemory<byte>? line, SessionPolicy policy) =>
        Plain(policy, SecurityDialogue.OnSaslLine(state, line, policy));

    /// <summary>The client was replaced (after <see cref="DialogueEffect.ReplaceClient"/>): 220 again, its own session begins.</summary>
    /// <param name="facts">With what <paramref name="client"/> said of addresses and names.</param>
    public static DialogueStep OnClientReplaced(DialogueState state, SessionFacts facts, XclientAttributes client, SessionPolicy policy) =>
        SecurityDialogue.OnClientReplaced(state, facts, client, policy);

    /// <summary>The answer to <see cref="DialogueEffect.AuthoriseSender"/>: null accepts (250 2.1.0), else 553 5.7.1, 450 4.7.1 …</summary>
    public static DialogueStep OnSenderAuthorised(DialogueState state, SmtpReply? refusal, SessionPolicy policy)
    {
        if (state.PendingMail is not { } mail) throw new InvalidOperationException("No sender waits for its authorisation.");
        var answered = state with { PendingMail = null };
        if (refusal is not null) return Plain(policy, Refuse(answered with { SenderRefused = true }, refusal, policy));
        return Plain(policy, Say(
            answered with
            {
                Transaction = new MailTransaction(mail, []),
                Transactions = state.Transactions + 1,
                SenderRefused = false,
                RecipientsRefused = false,
                ChunkRefused = false,
            },
            Replies.SenderOk));
    }

    /// <summary>The answer to <see cref="DialogueEffect.AuthoriseRecipient"/>: accepted is 250 2.1.5.</summary>
    public static DialogueStep OnAuthorised(DialogueState state, RecipientVerdict verdict, SessionPolicy policy)
    {
        if (state is not { Transaction: { } transaction, Pending: { } recipient })
            throw new InvalidOperationException("No recipient waits for its authorisation.");
        if (verdict is RecipientVerdict.Accepted { Targets: var targets })
        {
            // One alias may stand for many; the same one over and over must not fill the memory. The client sends the rest apart.
            if (!transaction.Recipients.IsEmpty && transaction.Targets.Count + targets.Length > MostTargets(policy))
                return Plain(policy, Say(state with { Pending = null, RecipientsRefused = true }, Replies.TooManyRecipients));
            var accepted = transaction with
            {
                Recipients = transaction.Recipients.Add(Completed(recipient, policy)),
                Targets = transaction.Targets.AddRange(targets.Select(t => Completed(t, policy))),
            };
            return Plain(policy, Say(state with { Transaction = accepted, Pending = null }, Replies.RecipientOk));
        }
        var refusal = ((RecipientVerdict.Refused)verdict).Reply;
        var refused = state with { Pending = null, RecipientsRefused = true };
        return Plain(policy, Refuse(refused, refusal, policy));
    }

    /// <summary>
    /// A chunk or body was read (after <see cref="DialogueEffect.ReceiveBody"/> or <see cref="DialogueEffect.ReceiveChunk"/>).
    /// Not the last chunk: 250 2.0.0 and on. Complete and stored: effect <see cref="DialogueEffect.Enqueue"/> without a reply. Refused: its reply.
    /// </summary>
    public static DialogueStep OnBody(DialogueState state, BodyReceived body, SessionPolicy policy)
    {
        if (state.Transaction is not { } transaction) throw new InvalidOperationException("No transaction waits for a body.");
        return Plain(policy, body switch
        {
            BodyReceived.Partial partial => Say(state, SmtpReply.Of(250, "2.0.0", $"{partial.Octets} octets received")),
            BodyReceived.Stored => new(state, null, new DialogueEffect.Enqueue(transaction)),
            BodyReceived.Refused refused =>
                SayOrClose(state.WithoutTransaction() with { ChunkRefused = state.Chunked is not null }, refused.Reply),
            _ => throw new UnreachableException(body.ToString()),
        });
    }

    /// <summary>The queue has answered: the transaction is over, the reply is <paramref name="reply"/>.</summary>
    public static DialogueStep OnEnqueued(DialogueState state, SmtpReply reply, SessionPolicy policy) =>
        Plain(policy, SayOrClose(state.WithoutTransaction() with { IdleCommands = 0 }, reply));

    private static int MostTargets(SessionPolicy policy) => Math.Max(AliasExpansion.MaxTargets, policy.Limits.Recipients);

    private static DialogueStep OnHello(DialogueState state, string domain, bool extended, SessionPolicy policy)
    {
        // RFC 5321 4.1.4: a hello in a session is a RSET too.
        var announcement = Announcement.Of(policy);
        var variant = announcement.For(state.Facts);
        var greeted = state.WithoutTransaction() with
        {
            ClientName = domain,
            Extended = extended,
            Offered = extended ? variant.Offered : SmtpExtensions.None,
        };
        return Say(greeted, extended ? variant.Ehlo : announcement.Helo);
    }

    private static DialogueStep OnMail(DialogueState state, SmtpCommand.Mail mail, SessionPolicy policy)
    {
        if (state.ClientName is null) return Fault(state, Replies.HelloFirst, policy);
        if (policy.RequireTls && state.Facts?.Tls is null) return Fault(state, Replies.StartTlsFirst, policy);
        if (policy.RequireAuth && state.User is null) return Fault(state, Replies.AuthenticationRequired, policy);
        if (state.Transaction is not null) return Fault(state, Replies.NestedMail, policy);
        if ((mail.Uses & ~state.Offered) != 0) return Fault(state, Replies.ParameterNotOffered, policy);
        if (!mail.SmtpUtf8 && !mail.Sender.IsAscii) return Fault(state, Replies.NeedsSmtpUtf8, policy);
        if (policy.Limits.MessageSize > 0 && mail.Size > policy.Limits.MessageSize) return Say(state, Replies.MessageTooBig);
        if (state.Transactions >= policy.Limits.Transactions) return CutOff(state, Replies.TooManyTransactions);
        return new(state with { PendingMail = mail }, null, new DialogueEffect.AuthoriseSender(mail));
    }

    private static DialogueStep OnRcpt(DialogueState state, SmtpCommand.Rcpt rcpt, SessionPolicy policy)
    {
        if (state is { Transaction: null, SenderRefused: true }) return Say(state, Replies.MailFirst);
        if (state.Transaction is not { } transaction) return Fault(state, Replies.MailFirst, policy);
        if (state.Chunked is not null) return Fault(state, Replies.ChunksUnderWay, policy);
        var refused = state with { RecipientsRefused = true };
        if ((rcpt.Uses & ~state.Offered) != 0) return Fault(refused, Replies.ParameterNotOffered, policy);
        if (!transaction.Mail.SmtpUtf8 && NeedsUtf8(rcpt.Recipient)) return Fault(refused, Replies.NeedsSmtpUtf8, policy);
        if (transaction.Recipients.Count >= policy.Limits.Recipients) return Say(refused, Replies.TooManyRecipients);
        return new(state with { Pending = rcpt.Recipient }, null, new DialogueEffect.AuthoriseRecipient(rcpt.Recipient));
    }

    private static DialogueStep OnData(DialogueState state, SessionPolicy policy) => state switch
    {
        { Transaction: null, SenderRefused: true } => Say(state, Replies.MailFirst),
        { Transaction: null } => Fault(state, Replies.MailFirst, policy),
        { Chunked: not null } => Fault(state, Replies.ChunksUnderWay, policy), // RFC 3030 2
        { Transaction.Recipients.IsEmpty: true, RecipientsRefused: true } => Say(state, Replies.NoValidRecipients),
        { Transaction.Recipients.IsEmpty: true } => Fault(state, Replies.RecipientFirst, policy),
        { Transaction: { } transaction } => new(state, Replies.StartData, new DialogueEffect.ReceiveBody(transaction)),
    };

    // Whatever the answer, the octets are on their way and are no commands (RFC 3030 2).
    private static DialogueStep OnBdat(DialogueState state, SmtpCommand.Bdat bdat, SessionPolicy policy)
    {
        var discard = new DialogueEffect.DiscardChunk(bdat.Size);
        if (state.ClientName is null) return Fault(state, Replies.HelloFirst, policy, discard);
        if (!state.Offered.HasFlag(SmtpExtensions.Chunking)) return Fault(state, Replies.NotImplemented, policy, discard);
        if (state.ChunkRefused || state is { Transaction: null, SenderRefused: true }) return new(state, Replies.MailFirst, discard);
        if (state.Transaction is not { } transaction) return Fault(state, Replies.MailFirst, policy, discard);
        if (transaction.Recipients.IsEmpty)
        {
            return state.RecipientsRefused
                ? new(state, Replies.NoValidRecipients, discard)
                : Fault(state, Replies.RecipientFirst, policy, discard);
        }
        var before = state.Chunked ?? 0;
        if (policy.Limits.MessageSize > 0 && bdat.Size > policy.Limits.MessageSize - before)
            return new(state.WithoutTransaction() with { ChunkRefused = true }, Replies.MessageTooBig, discard);
        return new(state with { Chunked = before + bdat.Size }, null, new DialogueEffect.ReceiveChunk(transaction, bdat.Size, bdat.Last));
    }

    private static DialogueStep OnMalformed(DialogueState state, SmtpCommand.Malformed malformed, SessionPolicy policy) =>
        Fault(malformed.Verb == "RCPT" ? state with { RecipientsRefused = true } : state, malformed.Reply, policy);

    // RFC 5321 4.5.1: "<Postmaster>" is the one at this host. With its domain it has a queue like any other.
    private static Recipient Completed(Recipient recipient, SessionPolicy policy) =>
        recipient.Address.DomainText.IsEmpty
            ? recipient with { Address = EmailAddress.FromTrusted($"{recipient.Address.Text}@{policy.Hostname}") }
            : recipient;

    private static bool NeedsUtf8(Recipient recipient) =>
        !recipient.Address.IsAscii || (recipient.OriginalRecipient is { } original && !Ascii.IsValid(original));
}
