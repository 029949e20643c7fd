using Actors.Mta.Core.Reputation;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;
using Akka.Pattern;
using Akka.Persistence;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Checks;

/// <summary>
/// Remembers triplets over restarts. It answers at once and journals behind: what a crash forgets costs one client one more
/// attempt. While a write is under way, what is new is collected, and written as one row; when too much has collected, it is
/// forgotten. When the journal fails the actor stops, and is started again by its supervisor; meanwhile asking times out, and
/// mail passes.
/// </summary>
public sealed class GreylistActor : ReceivePersistentActor
{
    /// <summary>Somebody sends; answered by <see cref="Answer"/>.</summary>
    public sealed record Attempt(Triplet Triplet);

    /// <param name="Wait">Null: the mail may pass.</param>
    public sealed record Answer(TimeSpan? Wait);

    /// <summary>Answered by itself once everything that was learnt is in the journal: before a node stops.</summary>
    public sealed record WhenWritten
    {
        public static readonly WhenWritten Instance = new();
    }

    private const int MostPending = 10_000;
    private const int BatchSize = 1_000;
    private const int SnapshotAfter = 5_000;

    private readonly GreylistState _state;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Queue<GreylistEvent> _pending = new();
    private readonly List<IActorRef> _waiting = [];
    private int _writing;
    private int _unsnapshotted;
    private bool _snapshotting;

    public GreylistActor(GreylistPolicy policy, TimeProvider clock, ILogger log)
    {
        (_state, _clock, _log) = (new GreylistState(policy), clock, log);
        Recover<SnapshotOffer>(offer => _state.Restore((GreylistSnapshot)offer.Snapshot));
        Recover<GreylistEventBatch>(Apply);
        Command<Attempt>(OnAttempt);
        Command<WhenWritten>(_ =>
        {
            _waiting.Add(Sender);
            Write();
        });
        Command<SaveSnapshotSuccess>(OnSnapshotSaved);
        Command<SaveSnapshotFailure>(f => OnSnapshotFailed(f.Cause));
        Command<DeleteMessagesSuccess>(_ => { });
        Command<DeleteSnapshotsSuccess>(_ => { });
        Command<DeleteMessagesFailure>(f => _log.GreylistSnapshotFailed(f.Cause));
        Command<DeleteSnapshotsFailure>(f => _log.GreylistSnapshotFailed(f.Cause));
    }

    public override string PersistenceId => "greylist";

    /// <summary>The actor under a supervisor that starts it again when the journal is back: 3 seconds later, then ever more rarely.</summary>
    public static Props Supervised(GreylistPolicy policy, TimeProvider clock, ILogger log) => BackoffSupervisor.Props(
        Backoff.OnStop(ActorProps.Of(() => new GreylistActor(policy, clock, log)), "table", TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), 0.2, -1));

    private void OnAttempt(Attempt attempt)
    {
        var wait = _state.Decide(attempt.Triplet, _clock.GetUtcNow(), out var remember);
        Sender.Tell(new Answer(wait));
        if (remember is null || _pending.Count >= MostPending) return;
        _pending.Enqueue(remember);
        Write();
    }

    private void Write()
    {
        if (_writing > 0) return;
        if (_pending.Count == 0)
        {
            foreach (var asker in _waiting) asker.Tell(WhenWritten.Instance);
            _waiting.Clear();
            return;
        }
        var batch = new List<GreylistEvent>(Math.Min(_pending.Count, BatchSize));
        while (batch.Count < BatchSize && _pending.TryDequeue(out var next)) batch.Add(next);
        _writing = batch.Count;
        PersistAsync(new GreylistEventBatch([.. batch]), OnWritten);
    }

    private void OnWritten(GreylistEventBatch batch)
    {
        _writing = 0;
        Apply(batch);
        Write();
        // A snapshot holds everything, so a large table waits for more.
        if (_snapshotting || _unsnapshotted < Math.Max(SnapshotAfter, _state.Count / 2)) return;
        (_snapshotting, _unsnapshotted) = (true, 0);
        SaveSnapshot(_state.Snapshot());
    }

    private void Apply(GreylistEventBatch batch)
    {
        foreach (var happened in batch.Events) _state.Apply(happened);
        _unsnapshotted += batch.Events.Length;
    }

    private void OnSnapshotSaved(SaveSnapshotSuccess saved)
    {
        _snapshotting = false;
        DeleteMessages(saved.Metadata.SequenceNr);
        DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
    }

    private void OnSnapshotFailed(Exception cause)
    {
        _snapshotting = false;
        _log.GreylistSnapshotFailed(cause);
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.GreylistJournalFailed(_writing + _pending.Count, cause);

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.GreylistJournalFailed(_writing + _pending.Count, cause);
        Context.Stop(Self);
    }
}
