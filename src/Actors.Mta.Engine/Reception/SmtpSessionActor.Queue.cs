using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

// A received message on its way into the queue, and what is said of it.
internal sealed partial class SmtpSessionActor
{
    /// <summary>Timers are not exact: a time-out that comes this much too early is the last one.</summary>
    private static readonly TimeSpan EnqueueSlack = TimeSpan.FromMilliseconds(100);

    private DateTimeOffset _enqueueUntil;

    private void Enqueue(MailTransaction transaction, long size)
    {
        var id = _intake!.Id;
        var mail = transaction.Mail;
        var values = _parts.Values;
        var client = values.Text($"{_facts.Client.Address} ({_state.ClientName})");
        var envelope = new Core.Mail.Envelope(
            id, values.Address(mail.Sender), _parts.Now, size, mail.Body, mail.SmtpUtf8, mail.Return, mail.EnvelopeId, client,
            values.Text(_state.User?.Tenant ?? _intake.Scanner.Tenant ?? _policy.Tenant), values.Text(_intake.Scanner.Campaign));
        _enqueue = PendingEnqueue.Of(envelope, transaction.Targets, _parts);
        _enqueueUntil = _parts.Now + _parts.Settings.Queue.EnqueueTimeout;
        SetReceiveTimeout(_parts.AskAgainAfter);
        var adopting = _parts.Spool.AdoptAsync(id, _enqueue.Messages);
        if (adopting.IsCompletedSuccessfully) OnAdopted(new BodyAdopted(id, null));
        else adopting.AsTask().PipeTo(Self, success: () => new BodyAdopted(id, null), failure: e => new BodyAdopted(id, e.GetBaseException().Message));
    }

    /// <summary>The spool knows how many will own the body: now they may be told of it.</summary>
    private void OnAdopted(BodyAdopted adopted)
    {
        if (_enqueue is not { } enqueue || enqueue.Envelope.Id != adopted.Id) return;
        if (adopted.Failure is null)
        {
            enqueue.Asked = true;
            foreach (var part in enqueue.Parts) _parts.Region.Tell(part);
            return;
        }
        _parts.Log.SpoolFailed(adopted.Id, adopted.Failure);
        OnRefused(adopted.Id, SmtpReply.Of(451, "4.3.0", "Message could not be stored, try again later"));
    }

    private void OnEnqueued(DeliveryProtocol.Enqueued enqueued)
    {
        if (_enqueue is not { } enqueue || enqueue.Envelope.Id != enqueued.Id || !enqueue.Agreed(enqueued.Partition)) return;
        SetReceiveTimeout(null);
        _enqueue = null;
        if (enqueue.Parts.Length > 1)
            foreach (var part in enqueue.Parts) _parts.Region.Tell(new DeliveryProtocol.Confirm(part.Partition, part.Id));
        var envelope = enqueue.Envelope;
        _parts.Log.Accepted(
            envelope.Id, envelope.Sender.Text, envelope.Size, enqueue.Recipients, envelope.Client, _facts.Tls?.Protocol, _state.User?.Name);
        _parts.Events.Received(envelope, _parts.Now, enqueue.Recipients, _facts.Tls?.Protocol, _state.User?.Name);
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
        if (_enqueue is not { } enqueue) SetReceiveTimeout(null);
        // A node that died took the question with it: whoever has the partition now is asked again.
        else if (_parts.Now + EnqueueSlack < _enqueueUntil) AskAgain(enqueue);
        else OnRefused(enqueue.Envelope.Id, SmtpReply.Of(451, "4.3.0", "Queue does not answer, try again later"));
    }

    private void AskAgain(PendingEnqueue enqueue)
    {
        if (!enqueue.Asked) return;
        foreach (var part in enqueue.Parts.Where(p => enqueue.IsMissing(p.Partition))) _parts.Region.Tell(part with { Again = true });
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

    /// <summary>The connection is gone while the queue is working: see the message in, then stop.</summary>
    private void Orphaned(object message)
    {
        switch (message)
        {
            case DeliveryProtocol.Enqueued e:
                OnEnqueued(e);
                break;
            case DeliveryProtocol.Refused r:
                OnRefused(r.Id, r.Reply);
                break;
            case BodyAdopted a:
                OnAdopted(a);
                break;
            case ReceiveTimeout:
                OnQueueSilent();
                break;
            default:
                Unhandled(message);
                return;
        }
        if (_enqueue is null) Context.Stop(Self);
    }

    /// <param name="Failure">Null when the spool took the owners.</param>
    private sealed record BodyAdopted(MessageId Id, string? Failure);
}
