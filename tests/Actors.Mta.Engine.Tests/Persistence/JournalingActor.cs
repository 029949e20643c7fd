using System.Collections.Immutable;
using Actors.Mta.Core.Queue;
using Akka;
using Akka.Actor;
using Akka.Persistence;

namespace Actors.Mta.Engine.Tests.Persistence;

/// <summary>
/// The smallest actor that persists as a delivery supervisor does: batches of events as one row each, snapshots, and the
/// deletion of what is below them. Its state is every event it has persisted, in order.
/// </summary>
internal sealed class JournalingActor : ReceivePersistentActor
{
    public sealed record Write(QueueEventBatch Batch);
    public sealed record Snapshot(QueueSnapshot Messages);
    public sealed record GetState;
    public sealed record State(ImmutableArray<QueueEvent> Events, QueueSnapshot? Snapshot);
    public sealed record Failed(Exception Cause);

    private readonly List<QueueEvent> _events = [];
    private QueueSnapshot? _snapshot;
    private IActorRef _asker = ActorRefs.Nobody;

    public JournalingActor(string persistenceId)
    {
        PersistenceId = persistenceId;
        Recover<QueueEventBatch>(batch => _events.AddRange(batch.Events));
        Recover<SnapshotOffer>(offer => _snapshot = (QueueSnapshot)offer.Snapshot);
        Command<GetState>(_ => Sender.Tell(new State([.. _events], _snapshot)));
        Command<Write>(OnWrite);
        Command<Snapshot>(OnSnapshot);
        Command<SaveSnapshotSuccess>(saved => DeleteMessages(saved.Metadata.SequenceNr));
        Command<DeleteMessagesSuccess>(deleted => DeleteSnapshots(new SnapshotSelectionCriteria(deleted.ToSequenceNr - 1)));
        Command<DeleteSnapshotsSuccess>(_ => _asker.Tell(Done.Instance));
        Command<SaveSnapshotFailure>(failed => _asker.Tell(new Failed(failed.Cause)));
        Command<DeleteMessagesFailure>(failed => _asker.Tell(new Failed(failed.Cause)));
        Command<DeleteSnapshotsFailure>(failed => _asker.Tell(new Failed(failed.Cause)));
    }

    public override string PersistenceId { get; }

    private void OnWrite(Write write)
    {
        var asker = Sender;
        PersistAsync(write.Batch, batch =>
        {
            _events.AddRange(batch.Events);
            asker.Tell(Done.Instance);
        });
    }

    private void OnSnapshot(Snapshot snapshot)
    {
        _asker = Sender;
        _snapshot = snapshot.Messages;
        _events.Clear();
        SaveSnapshot(snapshot.Messages);
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Sender.Tell(new Failed(cause));
}
