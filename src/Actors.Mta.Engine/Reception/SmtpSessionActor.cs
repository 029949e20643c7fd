using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Checks;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.IO.Smtp;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>
/// One inbound SMTP connection. ServerDialogue decides what is said; this actor performs its effects: logs users in, asks who
/// may send to whom, prepares bodies, and says 250 only after every partition has journalled its part of the message. If it
/// crashes, its connection is closed and nothing is accepted.
/// </summary>
internal sealed partial class SmtpSessionActor : UntypedActor
{
    private readonly ActorSession _session;
    private readonly ReceptionParts _parts;
    private readonly SessionPolicy _policy;
    private readonly CancellationTokenSource _stopping = new();
    private SessionFacts _facts;
    private IClientChecks? _checks;
    private DialogueState _state = new();
    private BodyIntake? _intake;
    private PendingEnqueue? _enqueue;

    public SmtpSessionActor(ActorSession session, SessionPolicy policy, ReceptionParts parts)
    {
        (_session, _parts, _policy, _facts) = (session, parts, policy, session.Facts);
    }

    // Not a ReceiveActor: that builds its handlers anew for each actor, and there is one for each connection.
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ActorSession.Commanded c:
                Perform(ServerDialogue.OnCommand(_state, c.Command, _policy));
                break;
            case ActorSession.Received r:
                OnBody(r.Body);
                break;
            case DeliveryProtocol.Enqueued e:
                OnEnqueued(e);
                break;
            case DeliveryProtocol.Refused r:
                OnRefused(r.Id, r.Reply);
                break;
            case SenderChecked c:
                OnSenderChecked(c.Refusal);
                break;
            case RecipientChecked c:
                OnRecipientChecked(c);
                break;
            case ActorSession.Encrypted e:
                OnEncrypted(e.Tls);
                break;
            case ActorSession.Said s:
                Perform(ServerDialogue.OnSaslLine(_state, s.Line, _policy));
                break;
            case SaslAnswered a:
                OnSaslAnswered(a.Result);
                break;
            case BodyAdopted a:
                OnAdopted(a);
                break;
            case ReceiveTimeout:
                OnQueueSilent();
                break;
            case ActorSession.Ended:
                OnEnded();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Ours or logged in: may send to anywhere, and is not examined.</summary>
    private bool IsTrusted => _state.User is not null || _parts.Settings.Relay.Trusts(_facts.Client.Address);

    protected override void PreStart()
    {
        _session.Attach(Self);
        Begin();
        Perform(ServerDialogue.Open(_facts, _policy));
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        _sasl?.Dispose();
        if (_enqueue is { } enqueue) GiveUp(enqueue);
        _session.Abandon();
    }

    /// <summary>Look-ups about a stranger begin before it says a word.</summary>
    private void Begin() => _checks = IsTrusted ? null : _parts.Checks.Begin(_facts);

    private void OnBody(BodyReceived body)
    {
        if (body is BodyReceived.Refused refused && _intake is not null && _state.Transaction is { } transaction)
        {
            ReceptionMeter.Refused("message");
            _parts.Log.RefusedMessage(_intake.Id, transaction.Mail.Sender.Text, _facts.Client.ToString(), refused.Reply.ToString());
        }
        Perform(ServerDialogue.OnBody(_state, body, _policy), (body as BodyReceived.Stored)?.Size ?? 0);
    }

    private void OnEncrypted(TlsFacts tls)
    {
        _facts = _facts with { Tls = tls };
        Perform(ServerDialogue.OnTls(_state, _facts, _policy));
    }

    private void Perform(DialogueStep step, long size = 0)
    {
        _state = step.State;
        // Also before a chunk is thrown away: what came of its message must not get into the next one.
        if (_state.Transaction is null) _intake = null;
        switch (step.Effect)
        {
            case DialogueEffect.NextCommand:
                Answer(step.Reply, SessionNext.Command.Instance);
                break;
            case DialogueEffect.AuthoriseSender ask:
                AuthoriseSender(ask.Mail);
                break;
            case DialogueEffect.AuthoriseRecipient ask:
                AuthoriseRecipient(ask.Recipient);
                break;
            case DialogueEffect.ReceiveBody receive:
                Answer(step.Reply, new SessionNext.Body(_intake = NewIntake(receive.Transaction)));
                break;
            case DialogueEffect.ReceiveChunk chunk:
                Answer(step.Reply, new SessionNext.Chunk(_intake ??= NewIntake(chunk.Transaction), chunk.Size, chunk.Last));
                break;
            case DialogueEffect.DiscardChunk discard:
                Answer(step.Reply, new SessionNext.Discard(discard.Size));
                break;
            case DialogueEffect.Enqueue enqueue:
                Enqueue(enqueue.Transaction, size);
                break;
            case DialogueEffect.Close close:
                if (close.IsBeyondLimits) NoteRefusal("session", step.Reply!);
                Answer(step.Reply, SessionNext.Close.Instance);
                break;
            default:
                PerformBeforeMail(step);
                break;
        }
    }

    /// <summary>What comes before mail: TLS, log-in, a proxy's word about its client.</summary>
    private void PerformBeforeMail(DialogueStep step)
    {
        switch (step.Effect)
        {
            case DialogueEffect.StartTls:
                Answer(step.Reply, SessionNext.StartTls.Instance);
                break;
            case DialogueEffect.BeginSasl begin:
                BeginSasl(begin);
                break;
            case DialogueEffect.ContinueSasl next:
                AskSasl(next.Response);
                break;
            case DialogueEffect.ReadSaslLine:
                Answer(step.Reply, SessionNext.Line.Instance);
                break;
            case DialogueEffect.AbandonSasl:
                EndSasl();
                Answer(step.Reply, SessionNext.Command.Instance);
                break;
            case DialogueEffect.ReplaceClient replace:
                ReplaceClient(replace.Client);
                break;
            default:
                throw new InvalidOperationException($"Unknown effect {step.Effect.GetType().Name}.");
        }
    }

    private void ReplaceClient(XclientAttributes client)
    {
        _facts = _facts with
        {
            Client = new(client.Address ?? _facts.Client.Address, client.Port ?? _facts.Client.Port),
            Local = new(client.DestinationAddress ?? _facts.Local.Address, client.DestinationPort ?? _facts.Local.Port),
            // What was found for the old address is no name of the new one.
            ClientHost = client.Name ?? (client.Address is null ? _facts.ClientHost : null),
        };
        var step = ServerDialogue.OnClientReplaced(_state, _facts, client, _policy);
        _state = step.State;
        Begin();
        Perform(step);
    }

    private void Answer(SmtpReply? reply, SessionNext next) => _session.Answer(reply, next);

    private void OnEnded()
    {
        // Lost after the final dot: the message is on its way into the queue and stays there, the client will not know.
        if (_enqueue is null) Context.Stop(Self);
        else Become(Orphaned);
    }
}
