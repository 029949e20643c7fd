using System.Diagnostics;
using System.Text;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Users;
using static Actors.Mta.Core.Smtp.DialogueSteps;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// The rows of the server's table that say who is at the other end: STARTTLS (RFC 3207), AUTH (RFC 4954), Postfix's XCLIENT. What
/// a client does out of turn counts as an error, and so does every login that fails.
/// </summary>
internal static class SecurityDialogue
{
    public static DialogueStep OnStartTls(DialogueState state, SessionPolicy policy)
    {
        if (state.Facts?.Tls is not null) return Fault(state, Replies.TlsStands, policy);
        if (!Announcement.Of(policy).HasStartTls) return Fault(state, Replies.NotImplemented, policy);
        if (!state.Extended) return Fault(state, Replies.EhloFirst, policy);
        if (state.Transaction is not null) return Fault(state, Replies.NotInTransaction, policy);
        return new(state, Replies.ReadyForTls, DialogueEffect.StartTls.Instance);
    }

    // RFC 3207 4.2: the client is as good as new, and what it may cost us is not.
    public static DialogueStep OnTls(DialogueState state, SessionFacts facts) =>
        new(Fresh(state, facts), null, DialogueEffect.NextCommand.Instance);

    public static DialogueStep OnAuth(DialogueState state, SmtpCommand.Auth auth, SessionPolicy policy)
    {
        var announcement = Announcement.Of(policy);
        if (!announcement.HasAuth) return Fault(state, Replies.NotImplemented, policy);
        if (!state.Extended) return Fault(state, Replies.EhloFirst, policy);
        if (state.Transaction is not null) return Fault(state, Replies.NotInTransaction, policy);
        if (state.User is not null) return Fault(state, Replies.LoggedIn, policy);
        if (!announcement.Allows(auth.Mechanism, state.Facts)) return Fault(state, WhyNot(auth.Mechanism, state, policy), policy);
        ReadOnlyMemory<byte>? initial = null;
        if (auth.Initial is { } text)
        {
            // RFC 4954 4: "=" stands for an initial response of no octets.
            if (text == "=") initial = ReadOnlyMemory<byte>.Empty;
            else if (Base64Text.TryDecode(Encoding.ASCII.GetBytes(text), out var octets)) initial = octets;
            else return Fault(state, Replies.BadBase64, policy);
        }
        return new(state with { Mechanism = auth.Mechanism }, null, new DialogueEffect.BeginSasl(auth.Mechanism, initial));
    }

    public static DialogueStep OnSasl(DialogueState state, SaslResult result, SessionPolicy policy)
    {
        if (state.Mechanism is null) throw new InvalidOperationException("No SASL exchange is under way.");
        var over = state with { Mechanism = null };
        return result switch
        {
            SaslResult.Challenge challenge => new(
                state, SmtpReply.Of(334, null, Convert.ToBase64String(challenge.Octets.Span)), DialogueEffect.ReadSaslLine.Instance),
            SaslResult.Succeeded succeeded => Say(over with { User = succeeded.User, UserVouchedFor = false }, Replies.Authenticated),
            SaslResult.Refused { Reply: { Code: 421 } last } => Close(over, last),
            SaslResult.Refused refused => Fault(over, refused.Reply, policy),
            _ => throw new UnreachableException(result.ToString()),
        };
    }

    public static DialogueStep OnSaslLine(DialogueState state, ReadOnlyMemory<byte>? line, SessionPolicy policy)
    {
        if (state.Mechanism is null) throw new InvalidOperationException("No SASL exchange is under way.");
        if (line is not { } octets) return Abandon(state, Replies.SaslLineTooLong, policy);
        if (octets.Span is [(byte)'*']) return Abandon(state, Replies.AuthenticationCancelled, policy);
        return Base64Text.TryDecode(octets.Span, out var response)
            ? new(state, null, new DialogueEffect.ContinueSasl(response))
            : Abandon(state, Replies.BadBase64, policy);
    }

    public static DialogueStep OnXclient(DialogueState state, SmtpCommand.Xclient xclient, SessionPolicy policy)
    {
        if (!Announcement.Of(policy).For(state.Facts).Offered.HasFlag(SmtpExtensions.Xclient)) return Fault(state, Replies.NoXclient, policy);
        if (state.Transaction is not null) return Fault(state, Replies.NotInTransaction, policy);
        return new(state, null, new DialogueEffect.ReplaceClient(xclient.Client));
    }

    /// <summary>
    /// A fresh session of the client that the proxy named, who need not say EHLO again when its own was told. A login that the proxy
    /// made for itself is not its client's; one that it vouched for stands until another is told, for the attributes may come in
    /// several commands.
    /// </summary>
    public static DialogueStep OnClientReplaced(DialogueState state, SessionFacts facts, XclientAttributes client, SessionPolicy policy)
    {
        var announcement = Announcement.Of(policy);
        var user = client.Login switch
        {
            null => state.UserVouchedFor ? state.User : null,
            "" => null,
            var login => new UserAccount(login) { Senders = ["*"] }, // the proxy has checked whom it lets in, and as whom
        };
        var name = client.Helo ?? state.ClientName;
        var extended = client.Extended ?? state.Extended;
        var replaced = Fresh(state, facts) with
        {
            ClientName = name is "" ? null : name,
            Extended = extended,
            Offered = extended ? announcement.For(facts).Offered : SmtpExtensions.None,
            User = user,
            UserVouchedFor = user is not null,
        };
        return Say(replaced, announcement.Greeting);
    }

    private static DialogueState Fresh(DialogueState state, SessionFacts facts) =>
        new() { Facts = facts, Errors = state.Errors, IdleCommands = state.IdleCommands, Transactions = state.Transactions };

    private static SmtpReply WhyNot(string mechanism, DialogueState state, SessionPolicy policy)
    {
        if (state.Facts?.Tls is not null) return Replies.MechanismNotOffered;
        if (SaslMechanisms.IsPlaintext(mechanism) && policy.Mechanisms.Contains(mechanism)) return Replies.EncryptionRequired;
        return policy.RequireTls ? Replies.StartTlsFirst : Replies.MechanismNotOffered;
    }

    private static DialogueStep Abandon(DialogueState state, SmtpReply reply, SessionPolicy policy) =>
        Fault(state with { Mechanism = null }, reply, policy, DialogueEffect.AbandonSasl.Instance);
}
