using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>The messages of one request on their way into the queue: asks all partitions, asks again who is silent, and says what came of it. Then it stops.</summary>
internal sealed class InjectionActor : ReceiveActor, IWithTimers
{
    private static readonly SmtpReply Silent = SmtpReply.Of(451, "4.3.0", "Queue does not answer, try again later");

    private readonly ReceptionParts _parts;
    private readonly string? _user;
    private readonly Dictionary<MessageId, PendingEnqueue> _open;
    private readonly ImmutableDictionary<MessageId, SmtpReply>.Builder _refused = ImmutableDictionary.CreateBuilder<MessageId, SmtpReply>();
    private IActorRef _asker = ActorRefs.Nobody;

    /// <param name="messages">Their bodies are in the spool, and it knows who will own them.</param>
    /// <param name="user">Who hands them in, for the event log; null: nobody in particular.</param>
    public InjectionActor(ReceptionParts parts, ImmutableArray<PendingEnqueue> messages, string? user)
    {
        (_parts, _user) = (parts, user);
        _open = messages.ToDictionary(m => m.Envelope.Id);
        Receive<Begin>(_ => OnBegin());
        Receive<DeliveryProtocol.Enqueued>(OnEnqueued);
        Receive<DeliveryProtocol.Refused>(r => End(r.Id, r.Reply));
        Receive<AskAgain>(_ => Ask(again: true));
        Receive<GiveUp>(_ => OnGiveUp());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void OnBegin()
    {
        _asker = Sender;
        Timers.StartPeriodicTimer(AskAgain.Instance, AskAgain.Instance, _parts.AskAgainAfter);
        Timers.StartSingleTimer(GiveUp.Instance, GiveUp.Instance, _parts.Settings.Queue.EnqueueTimeout);
        Ask(again: false);
    }

    private void Ask(bool again)
    {
        foreach (var message in _open.Values)
            foreach (var part in message.Parts.Where(p => message.IsMissing(p.Partition))) _parts.Region.Tell(part with { Again = again });
    }

    private void OnEnqueued(DeliveryProtocol.Enqueued enqueued)
    {
        if (!_open.TryGetValue(enqueued.Id, out var message) || !message.Agreed(enqueued.Partition)) return;
        if (message.Parts.Length > 1)
            foreach (var part in message.Parts) _parts.Region.Tell(new DeliveryProtocol.Confirm(part.Partition, part.Id));
        var envelope = message.Envelope;
        _parts.Log.Accepted(envelope.Id, envelope.Sender.Text, envelope.Size, message.Recipients, envelope.Client, null, _user);
        _parts.Events.Received(envelope, _parts.Now, message.Recipients, null, _user);
        End(envelope.Id, null);
    }

    private void OnGiveUp()
    {
        foreach (var id in _open.Keys.ToList()) End(id, Silent);
    }

    private void End(MessageId id, SmtpReply? refusal)
    {
        if (!_open.Remove(id, out var message)) return;
        if (refusal is not null)
        {
            _refused[id] = refusal;
            _parts.Log.RefusedMessage(id, message.Envelope.Sender.Text, message.Envelope.Client, refusal.ToString());
        }
        if (_open.Count > 0) return;
        _asker.Tell(new Done(_refused.ToImmutable()));
        Context.Stop(Self);
    }

    public sealed record Begin
    {
        public static readonly Begin Instance = new();
    }

    /// <param name="Refused">All others are queued.</param>
    public sealed record Done(ImmutableDictionary<MessageId, SmtpReply> Refused);

    private sealed record AskAgain
    {
        public static readonly AskAgain Instance = new();
    }

    private sealed record GiveUp
    {
        public static readonly GiveUp Instance = new();
    }
}
