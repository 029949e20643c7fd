using Actors.Mta.Core.Queue;
using Akka.Actor;
using Akka.Persistence;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// Goes the way of a partition through journal and snapshots once, from its replay to a row that says nothing, before a node takes its first partition:
/// connections are open and code is compiled by then, and a partition that moves to a node that has just started is at work there in
/// a fraction of the time. Answers <see cref="Run"/> with itself when it is through; fails as a partition would.
/// </summary>
internal sealed class JournalWarmUp : ReceivePersistentActor
{
    private IActorRef? _asker;
    private bool _through;

    /// <param name="node">Its name in the cluster: each has a row of its own.</param>
    public JournalWarmUp(string node)
    {
        PersistenceId = $"warm-up-{node}";
        Recover<SnapshotOffer>(_ => { });
        Recover<QueueEventBatch>(_ => { });
        Recover<RecoveryCompleted>(_ => PersistAsync(new QueueEventBatch([]), _ => OnWritten()));
        Command<Run>(_ =>
        {
            _asker = Sender;
            Answer();
        });
        Command<DeleteMessagesSuccess>(_ => OnThrough());
        // What stays is one row; there is nothing to it.
        Command<DeleteMessagesFailure>(_ => OnThrough());
    }

    public override string PersistenceId { get; }

    private void OnWritten() => DeleteMessages(LastSequenceNr - 1);

    private void OnThrough()
    {
        _through = true;
        Answer();
    }

    private void Answer()
    {
        if (!_through || _asker is null) return;
        _asker.Tell(Run.Instance);
        Context.Stop(Self);
    }

    internal sealed record Run
    {
        public static readonly Run Instance = new();
    }
}
