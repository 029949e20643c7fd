using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>
/// Takes what programs of this machine left in the maildrop into the queue, by the same door as any mail. A file goes only when every
/// partition has journalled its part. It is never withdrawn: whoever has no answer is asked again with the same id, which
/// the queue takes once. What is no message is put aside; what cannot be taken now waits, longer each time, and keeps no other
/// file waiting.
/// </summary>
internal sealed class PickupActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    /// <summary>Files that are being read or queued at a time.</summary>
    private const int AtOnce = 32;

    private readonly PickupParts _parts;
    private readonly Dictionary<MessageId, Underway> _underway = [];
    private readonly Dictionary<MessageId, MessageId> _fileOf = [];
    /// <summary>Listed once for many: a node that was down finds thousands of files.</summary>
    private readonly Queue<MessageId> _backlog = new();
    private readonly Dictionary<MessageId, Postponed> _postponed = [];
    private IDisposable? _watch;

    public PickupActor(PickupParts parts)
    {
        _parts = parts;
        Receive<Look>(OnLook);
        Receive<PickedUp.Stored>(OnStored);
        Receive<PickedUp.Unusable>(OnUnusable);
        Receive<PickedUp.Later>(l => Postpone(l.Id, l.Reason));
        Receive<DeliveryProtocol.Enqueued>(OnEnqueued);
        // Asked again at the next look.
        Receive<DeliveryProtocol.Refused>(r => _parts.Reception.Log.PickupLater(r.Id, r.Reply.ToString()));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(PickupParts parts) => ActorProps.Of(() => new PickupActor(parts));

    protected override void PreStart()
    {
        var self = Self;
        try
        {
            _watch = _parts.Maildrop.Watch(() => self.Tell(Look.Dropped));
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // Watches are few on some systems; the clock alone does, more slowly.
            _parts.Reception.Log.MaildropNotWatched(_parts.Maildrop.Path, e.Message);
        }
        Timers.StartPeriodicTimer(Look.Again, Look.Again, TimeSpan.Zero, LookEvery);
    }

    protected override void PostStop() => _watch?.Dispose();

    private void OnLook(Look look)
    {
        if (look == Look.Again)
            foreach (var underway in _underway.Values) Ask(underway, again: true);
        TakeMore();
    }

    private void TakeMore()
    {
        if (_underway.Count >= AtOnce || _parts.Reception.Busy() is not null) return;
        try
        {
            if (_backlog.Count == 0) FillBacklog();
            while (_underway.Count < AtOnce && _backlog.TryDequeue(out var id)) Read(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _parts.Reception.Log.MaildropUnreadable(_parts.Maildrop.Path, e);
        }
    }

    private void FillBacklog()
    {
        var there = _parts.Maildrop.List();
        foreach (var gone in _postponed.Keys.Except(there).ToList()) _postponed.Remove(gone);
        var now = _parts.Reception.Now;
        foreach (var id in there)
            if (!_underway.ContainsKey(id) && !(_postponed.TryGetValue(id, out var postponed) && postponed.Until > now)) _backlog.Enqueue(id);
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
    private void Ask(Underway underway, bool again = false)
    {
        foreach (var message in underway.Messages.Values)
        {
            foreach (var part in message.Parts)
            {
                if (underway.Missing.Contains((message.Envelope.Id, part.Partition)))
                    _parts.Reception.Region.Tell(part with { Tentative = false, Again = again });
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
            _parts.Reception.Events.Received(envelope, _parts.Reception.Now, message.Recipients, null, null);
        }
        Finish(file);
    }

    /// <summary>A file that stays is read again, and queued under the same id: at worst a duplicate.</summary>
    private void Finish(MessageId file) => Act(file, () => _parts.Maildrop.Remove(file));

    private void OnUnusable(PickedUp.Unusable unusable) => Act(
        unusable.Id, () => _parts.Reception.Log.PickupUnusable(unusable.Id, unusable.Reason, _parts.Maildrop.PutAside(unusable.Id)));

    private void Act(MessageId file, Action action)
    {
        try
        {
            action();
            Forget(file);
            _postponed.Remove(file);
            TakeMore();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Postpone(file, e.Message);
        }
    }

    private void Postpone(MessageId file, string reason)
    {
        var tries = _postponed.GetValueOrDefault(file).Tries;
        var wait = TimeSpan.FromTicks(Math.Min(LookEvery.Ticks << Math.Min(tries, 10), LongestWait.Ticks));
        _postponed[file] = new Postponed(_parts.Reception.Now + wait, tries + 1);
        _parts.Reception.Log.PickupLater(file, reason);
        Forget(file);
        TakeMore();
    }

    private void Forget(MessageId file)
    {
        if (!_underway.Remove(file, out var underway)) return;
        foreach (var id in underway.Messages.Keys) _fileOf.Remove(id);
    }

    private enum Look { Dropped, Again }

    /// <summary>A file that could not be taken so many times.</summary>
    private readonly record struct Postponed(DateTimeOffset Until, int Tries);

    private sealed class Underway
    {
        public Dictionary<MessageId, PendingEnqueue> Messages { get; } = [];
        public HashSet<(MessageId, int)> Missing { get; } = [];
    }
}
