using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>
/// Takes what programs of this machine left in the maildrop into the queue, by the same door as any mail. A file goes only when every
/// partition has journalled its part. It is never withdrawn: whoever has no answer is asked again with the same id, which
/// the queue takes once. What is no message is put aside.
/// </summary>
internal sealed class PickupActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>Files that are being read or queued at a time.</summary>
    private const int AtOnce = 32;

    private readonly PickupParts _parts;
    private readonly Dictionary<MessageId, Underway> _underway = [];
    private readonly Dictionary<MessageId, MessageId> _fileOf = [];
    private IDisposable? _watch;

    public PickupActor(PickupParts parts)
    {
        _parts = parts;
        Receive<Look>(OnLook);
        Receive<PickedUp.Stored>(OnStored);
        Receive<PickedUp.Unusable>(OnUnusable);
        Receive<PickedUp.Later>(OnLater);
        Receive<Retry>(r => Forget(r.File));
        Receive<DeliveryProtocol.Enqueued>(OnEnqueued);
        // Asked again at the next look.
        Receive<DeliveryProtocol.Refused>(r => _parts.Reception.Log.PickupLater(r.Id, r.Reply.ToString()));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(PickupParts parts) => ActorProps.Of(() => new PickupActor(parts));

    protected override void PreStart()
    {
        _parts.Maildrop.Create();
        var self = Self;
        _watch = _parts.Maildrop.Watch(() => self.Tell(Look.Dropped));
        Timers.StartPeriodicTimer(Look.Again, Look.Again, TimeSpan.Zero, LookEvery);
    }

    protected override void PostStop() => _watch?.Dispose();

    private void OnLook(Look look)
    {
        if (look == Look.Again)
            foreach (var underway in _underway.Values) Ask(underway);
        if (_underway.Count >= AtOnce || _parts.Reception.Busy() is not null) return;
        try
        {
            foreach (var id in _parts.Maildrop.List().Where(id => !_underway.ContainsKey(id)).Take(AtOnce - _underway.Count)) Read(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _parts.Reception.Log.MaildropUnreadable(_parts.Maildrop.Path, e);
        }
    }

    private void Read(MessageId id)
    {
        _underway[id] = new Underway();
        var parts = _parts;
        Task.Run(() => PickupIntake.ReadAsync(id, parts)).PipeTo(Self, failure: e => new PickedUp.Later(id, e.ToString()));
    }

    private void OnStored(PickedUp.Stored stored)
    {
        if (!_underway.TryGetValue(stored.Id, out var underway)) return;
        foreach (var message in stored.Messages)
        {
            underway.Messages.Add(message.Envelope.Id, message);
            foreach (var part in message.Parts) underway.Missing.Add((message.Envelope.Id, part.Partition));
            _fileOf[message.Envelope.Id] = stored.Id;
        }
        if (underway.Missing.Count == 0) Finish(stored.Id);
        else Ask(underway);
    }

    /// <summary>Nobody waits for all or nothing here: each part may be delivered as soon as it is journalled.</summary>
    private void Ask(Underway underway)
    {
        foreach (var message in underway.Messages.Values)
        {
            foreach (var part in message.Parts)
            {
                if (underway.Missing.Contains((message.Envelope.Id, part.Partition)))
                    _parts.Reception.Region.Tell(part with { Tentative = false });
            }
        }
    }

    private void OnEnqueued(DeliveryProtocol.Enqueued enqueued)
    {
        if (!_fileOf.TryGetValue(enqueued.Id, out var file) || !_underway.TryGetValue(file, out var underway)) return;
        if (!underway.Missing.Remove((enqueued.Id, enqueued.Partition)) || underway.Missing.Count > 0) return;
        foreach (var message in underway.Messages.Values)
        {
            var envelope = message.Envelope;
            _parts.Reception.Log.Accepted(envelope.Id, envelope.Sender.Text, envelope.Size, message.Recipients, envelope.Client, null, null);
        }
        Finish(file);
    }

    private void Finish(MessageId file)
    {
        Act(file, () => _parts.Maildrop.Remove(file));
        Forget(file);
        if (_underway.Count < AtOnce) Self.Tell(Look.Dropped);
    }

    private void OnUnusable(PickedUp.Unusable unusable)
    {
        Act(unusable.Id, () => _parts.Reception.Log.PickupUnusable(unusable.Id, unusable.Reason, _parts.Maildrop.PutAside(unusable.Id)));
        Forget(unusable.Id);
    }

    private void OnLater(PickedUp.Later later)
    {
        _parts.Reception.Log.PickupLater(later.Id, later.Reason);
        // Not at the next drop of another file, but with the next look by the clock.
        Timers.StartSingleTimer(later.Id, new Retry(later.Id), LookEvery);
    }

    /// <summary>A file that stays is read again, and queued under the same id: at worst a duplicate.</summary>
    private void Act(MessageId file, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _parts.Reception.Log.PickupLater(file, e.Message);
        }
    }

    private void Forget(MessageId file)
    {
        if (!_underway.Remove(file, out var underway)) return;
        foreach (var id in underway.Messages.Keys) _fileOf.Remove(id);
    }

    private enum Look { Dropped, Again }

    /// <summary>The file may be read again.</summary>
    private sealed record Retry(MessageId File);

    private sealed class Underway
    {
        public Dictionary<MessageId, PendingEnqueue> Messages { get; } = [];
        public HashSet<(MessageId, int)> Missing { get; } = [];
    }
}
