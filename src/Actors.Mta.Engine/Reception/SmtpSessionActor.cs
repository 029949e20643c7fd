using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.IO.Smtp;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>
/// One inbound SMTP connection. ServerDialogue decides what is said; this actor performs its effects: asks the relay policy,
/// prepares bodies, and says 250 only after every partition has journalled its part of the message.
/// </summary>
internal sealed class SmtpSessionActor : ReceiveActor
{
    private readonly ActorSession _session;
    private readonly ReceptionParts _parts;
    private readonly SessionPolicy _policy;
    private DialogueState _state = new();
    private BodyIntake? _intake;
    private PendingEnqueue? _enqueue;

    public SmtpSessionActor(ActorSession session, ReceptionParts parts)
    {
        (_session, _parts, _policy) = (session, parts, parts.Settings.Session);
        Receive<ActorSession.Commanded>(c => OnCommand(c.Command));
        Receive<ActorSession.Received>(r => OnBody(r.Body));
        Receive<DeliveryProtocol.Enqueued>(OnEnqueued);
        Receive<DeliveryProtocol.Refused>(r => OnRefused(r.Id, r.Reply));
        Receive<ReceiveTimeout>(_ => OnQueueSilent());
        Receive<ActorSession.Ended>(_ => OnEnded());
    }

    protected override void PreStart()
    {
        _session.Attach(Self);
        Perform(ServerDialogue.Open(_session.Facts, _policy));
    }

    protected override void PostStop()
    {
        if (_enqueue is { } enqueue) GiveUp(enqueue);
        _session.Abandon();
    }

    private void OnCommand(SmtpCommand command)
    {
        if (command is SmtpCommand.Mail && _state.Transaction is null && _parts.Busy() is { } busy) Answer(busy, SessionNext.Command.Instance);
        else Perform(ServerDialogue.OnCommand(_state, command, _policy));
    }

    private void OnBody(BodyReceived body)
    {
        if (body is BodyReceived.Refused refused && _intake is not null && _state.Transaction is { } transaction)
            _parts.Log.RefusedMessage(_intake.Id, transaction.Mail.Sender.Text, _session.Facts.Client.ToString(), refused.Reply.ToString());
        Perform(ServerDialogue.OnBody(_state, body, _policy), (body as BodyReceived.Stored)?.Size ?? 0);
    }

    private void Perform(DialogueStep step, long size = 0)
    {
        _state = step.State;
        switch (step.Effect)
        {
            case DialogueEffect.NextCommand:
                if (_state.Transaction is null) _intake = null;
                Answer(step.Reply, SessionNext.Command.Instance);
                break;
            case DialogueEffect.AuthoriseSender:
                Perform(ServerDialogue.OnSenderAuthorised(_state, null, _policy));
                break;
            case DialogueEffect.AuthoriseRecipient ask:
                var refusal = _parts.Settings.Relay.Refuses(_session.Facts.Client.Address, ask.Recipient);
                Perform(ServerDialogue.OnAuthorised(_state, refusal is null ? new RecipientVerdict.Accepted([ask.Recipient]) : new RecipientVerdict.Refused(refusal), _policy));
                break;
            case DialogueEffect.ReceiveBody:
                Answer(step.Reply, new SessionNext.Body(_intake = NewIntake()));
                break;
            case DialogueEffect.ReceiveChunk chunk:
                Answer(step.Reply, new SessionNext.Chunk(_intake ??= NewIntake(), chunk.Size, chunk.Last));
                break;
            case DialogueEffect.DiscardChunk discard:
                Answer(step.Reply, new SessionNext.Discard(discard.Size));
                break;
            case DialogueEffect.Enqueue enqueue:
                Enqueue(enqueue.Transaction, size);
                break;
            case DialogueEffect.Close:
                Answer(step.Reply, SessionNext.Close.Instance);
                break;
            default:
                throw new InvalidOperationException($"Unknown effect {step.Effect.GetType().Name}.");
        }
    }

    private BodyIntake NewIntake()
    {
        var id = _parts.NewId();
        var trace = TraceHeaders.Received(id, _state, _session.Facts, _policy, _parts.Now);
        return new BodyIntake(id, trace, new BodyScanner(_policy.BareNewline, _policy.Limits));
    }

    // ---- into the queue

    private void Enqueue(MailTransaction transaction, long size)
    {
        var id = _intake!.Id;
        var mail = transaction.Mail;
        var client = $"{_session.Facts.Client.Address} ({_state.ClientName})";
        var envelope = new Core.Mail.Envelope(id, mail.Sender, _parts.Now, size, mail.Body, mail.SmtpUtf8, mail.Return, mail.EnvelopeId, client);
        _enqueue = PendingEnqueue.Of(envelope, transaction.Targets, _parts.Settings);
        _parts.Spool.Adopt(id, _enqueue.Messages);
        foreach (var part in _enqueue.Parts) _parts.Region.Tell(part);
        SetReceiveTimeout(_parts.Settings.Queue.EnqueueTimeout);
    }

    private void OnEnqueued(DeliveryProtocol.Enqueued enqueued)
    {
        if (_enqueue is not { } enqueue || enqueue.Envelope.Id != enqueued.Id || !enqueue.Agreed(enqueued.Partition)) return;
        SetReceiveTimeout(null);
        _enqueue = null;
        if (enqueue.Parts.Length > 1)
            foreach (var part in enqueue.Parts) _parts.Region.Tell(new DeliveryProtocol.Confirm(part.Partition, part.Id));
        var envelope = enqueue.Envelope;
        _parts.Log.Accepted(envelope.Id, envelope.Sender.Text, envelope.Size, enqueue.Recipients, envelope.Client);
        Finish(SmtpReply.Of(250, "2.0.0", $"Ok: queued as {envelope.Id}"));
    }

    private void OnRefused(MessageId id, SmtpReply reply)
    {
        if (_enqueue is not { } enqueue || enqueue.Envelope.Id != id) return;
        SetReceiveTimeout(null);
        _enqueue = null;
        GiveUp(enqueue);
        _parts.Log.RefusedMessage(id, enqueue.Envelope.Sender.Text, enqueue.Envelope.Client, reply.ToString());
        Finish(reply);
    }

    private void OnQueueSilent()
    {
        if (_enqueue is { } enqueue) OnRefused(enqueue.Envelope.Id, SmtpReply.Of(451, "4.3.0", "Queue does not answer, try again later"));
        else SetReceiveTimeout(null);
    }

    /// <summary>No 250 was or will be said: whatever part of it the queue took is taken out again, and the body with it.</summary>
    private void GiveUp(PendingEnqueue enqueue)
    {
        foreach (var part in enqueue.Parts)
            _parts.Region.Tell(new DeliveryProtocol.Withdraw(part.Partition, [.. part.Messages.Select(m => m.Key)]));
    }

    private void Finish(SmtpReply reply)
    {
        _intake = null;
        Perform(ServerDialogue.OnEnqueued(_state, reply, _policy));
    }

    private void Answer(SmtpReply? reply, SessionNext next) => _session.Answer(reply, next);

    private void OnEnded()
    {
        // Lost after the final dot: the message is on its way into the queue and stays there, the client will not know.
        if (_enqueue is null) Context.Stop(Self);
        else Become(Orphaned);
    }

    /// <summary>The connection is gone while the queue is working: see the message in, then stop.</summary>
    private void Orphaned()
    {
        Receive<DeliveryProtocol.Enqueued>(e =>
        {
            OnEnqueued(e);
            if (_enqueue is null) Context.Stop(Self);
        });
        Receive<DeliveryProtocol.Refused>(r => { OnRefused(r.Id, r.Reply); Context.Stop(Self); });
        Receive<ReceiveTimeout>(_ => { OnQueueSilent(); Context.Stop(Self); });
    }
}
