using System.Globalization;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.IO.Smtp;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

// Who may send to whom, and what goes in front of the message.
internal sealed partial class SmtpSessionActor
{
    private sealed record SenderChecked(SmtpReply? Refusal);

    private sealed record RecipientChecked(RecipientVerdict Verdict, SmtpReply? Refusal);

    private void AuthoriseSender(SmtpCommand.Mail mail)
    {
        if (_parts.Busy() is { } busy) OnSenderChecked(busy);
        else if (_state.User is { } user)
        {
            var refusal = user.MaySendAs(mail.Sender)
                ? _parts.Quotas.TakeMessage(user, _parts.Now)
                : SmtpReply.Of(553, "5.7.1", $"Sender address <{mail.Sender.Text}> is not owned by user {user.Name}");
            if (refusal is not null) NoteRefusal("sender", refusal);
            OnSenderChecked(refusal);
        }
        else if (_checks is not { } checks) OnSenderChecked(null);
        else
        {
            var check = checks.OnMailAsync(_state.ClientName, mail.Sender, _stopping.Token);
            if (check.IsCompletedSuccessfully) OnSenderChecked(check.Result);
            else check.AsTask().PipeTo(Self, success: r => new SenderChecked(r), failure: e => new SenderChecked(Passed(e)));
        }
    }

    private void OnSenderChecked(SmtpReply? refusal) => Perform(ServerDialogue.OnSenderAuthorised(_state, refusal, _policy));

    private void AuthoriseRecipient(Recipient recipient)
    {
        var verdict = _parts.Decide(recipient, IsTrusted);
        if (verdict is RecipientVerdict.Accepted && _state.User is { } user && _parts.Quotas.TakeRecipient(user, _parts.Now) is { } tooMany)
            verdict = new RecipientVerdict.Refused(tooMany);
        if (verdict is RecipientVerdict.Refused || _checks is not { } checks || _state.User is not null)
        {
            OnRecipientChecked(new RecipientChecked(verdict, null));
            return;
        }
        var check = checks.OnRecipientAsync(_state.Transaction!.Mail.Sender, recipient, _stopping.Token);
        if (check.IsCompletedSuccessfully) OnRecipientChecked(new RecipientChecked(verdict, check.Result));
        else check.AsTask().PipeTo(
            Self, success: r => new RecipientChecked(verdict, r), failure: e => new RecipientChecked(verdict, Passed(e)));
    }

    private void OnRecipientChecked(RecipientChecked answer)
    {
        // What a check refuses it has logged itself.
        if (answer.Verdict is RecipientVerdict.Refused refused) NoteRefusal("recipient", refused.Reply);
        var verdict = answer.Refusal is { } refusal ? new RecipientVerdict.Refused(refusal) : answer.Verdict;
        Perform(ServerDialogue.OnAuthorised(_state, verdict, _policy));
    }

    /// <summary>A check that breaks is no reason to turn mail away.</summary>
    private SmtpReply? Passed(Exception broken)
    {
        if (broken is not OperationCanceledException) _parts.Log.CheckBroke(_facts.Client, broken);
        return null;
    }

    private void NoteRefusal(string what, SmtpReply reply)
    {
        ReceptionMeter.Refused(what);
        _parts.Log.RefusedCommand(what, _facts.Client, _state.ClientName, _state.User?.Name, reply.ToString());
    }

    private BodyIntake NewIntake(MailTransaction transaction)
    {
        var id = _parts.NewId();
        var now = _parts.Now;
        var forwarder = ForwarderOf(transaction);
        if (string.IsNullOrEmpty(_facts.ClientHost) && _checks is { ClientHost: { IsCompletedSuccessfully: true, Result: { } host } })
            _facts = _facts with { ClientHost = host };
        var trace = TraceHeaders.Received(id, _state, _facts, _policy, now);
        if (forwarder is not null) trace = [.. TraceHeaders.DeliveredTo(forwarder), .. trace];
        var completion = _policy.CompletesHeader
            ? new HeaderCompletion(
                now.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000", $"<{id}@{_policy.Hostname}>")
            : null;
        var loops = forwarder is null ? null : new HashSet<string>([forwarder], StringComparer.OrdinalIgnoreCase);
        return new BodyIntake(id, trace, new BodyScanner(_policy.BareNewline, _policy.Limits, completion, loops, IsTrusted ? _policy.Tags : null));
    }

    /// <summary>
    /// The address that is replaced by what its alias says, for the Delivered-To field by which a forwarding loop is known. Only for a
    /// single recipient: others must not read whom else the message went to. Loops of several end by their Received fields.
    /// </summary>
    private static string? ForwarderOf(MailTransaction transaction) =>
        transaction is { Recipients: [var only], Targets: var targets } && targets.Any(t => t.Address != only.Address) ? only.Address.Text : null;
}
