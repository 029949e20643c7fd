using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence;
using Actors.Mta.Engine.Settings;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>
/// The journal as the supervisors use it: eight persistent actors, one row per batch, two events per message (queued,
/// delivered), each sync real. The time is per message, and is worth what the disk is worth.
/// </summary>
[MemoryDiagnoser]
public class JournalBenchmarks
{
    private const int Partitions = 8;
    private const int Messages = 20_000;

    private string _directory = "";
    private JournalConfig _journal = null!;
    private ActorSystem _system = null!;
    private IActorRef[] _writers = [];

    [Params(100, 2_000)]
    public int InFlight { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        _directory = Directory.CreateTempSubdirectory("mta-benchmark-").FullName;
        _journal = await JournalConfig.OpenAsync(new JournalSettings("sqlite", ""), _directory, Partitions);
        var config = ConfigurationFactory.ParseString("akka.loglevel = WARNING").WithFallback(_journal.Config);
        _system = ActorSystem.Create("benchmark", _journal.AddTo(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config))));
        _writers = [.. Enumerable.Range(0, Partitions).Select(i => _system.ActorOf(Props.Create(() => new WriterActor($"delivery-{i:D2}"))))];
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await _system.Terminate();
        _journal.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public async Task QueueAndDeliver()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _system.ActorOf(Props.Create(() => new DriverActor(_writers, Messages, InFlight, done)));
        await done.Task;
    }

    private sealed record Record(QueueEvent Event);

    private sealed record Recorded(QueueEvent Event);

    private sealed class WriterActor : ReceivePersistentActor
    {
        private const int RowsPerSnapshot = 200;
        private readonly Dictionary<QueueKey, QueuedMessage> _messages = [];
        private List<(QueueEvent Event, IActorRef Asker)> _pending = [];
        private bool _writing;
        private int _rows;

        public WriterActor(string persistenceId)
        {
            PersistenceId = persistenceId;
            Command<Record>(OnRecord);
            Command<SaveSnapshotSuccess>(saved =>
            {
                DeleteMessages(saved.Metadata.SequenceNr);
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
            });
            Command<DeleteMessagesSuccess>(_ => { });
            Command<DeleteSnapshotsSuccess>(_ => { });
        }

        public override string PersistenceId { get; }

        private void OnRecord(Record record)
        {
            _pending.Add((record.Event, Sender));
            if (!_writing) Write();
        }

        private void Write()
        {
            _writing = true;
            var batch = _pending;
            _pending = [];
            PersistAsync(new QueueEventBatch([.. batch.Select(b => b.Event)]), _ => OnWritten(batch));
        }

        private void OnWritten(List<(QueueEvent Event, IActorRef Asker)> batch)
        {
            foreach (var (change, asker) in batch)
            {
                if (change is QueueEvent.Enqueued enqueued) _messages[enqueued.Message.Key] = enqueued.Message;
                if (change is QueueEvent.Attempted attempted) _messages.Remove(attempted.Key);
                asker.Tell(new Recorded(change));
            }
            _writing = false;
            if (_pending.Count > 0) Write();
            if (++_rows % RowsPerSnapshot == 0) SaveSnapshot(new QueueSnapshot([.. _messages.Values]));
        }
    }

    private sealed class DriverActor : ReceiveActor
    {
        private readonly IActorRef[] _writers;
        private readonly int _messages;
        private int _sent;
        private int _delivered;

        public DriverActor(IActorRef[] writers, int messages, int inFlight, TaskCompletionSource done)
        {
            (_writers, _messages) = (writers, messages);
            Receive<Recorded>(recorded =>
            {
                if (recorded.Event is QueueEvent.Enqueued enqueued) Sender.Tell(new Record(Samples.Delivered(enqueued.Message)));
                else if (++_delivered < _messages) SendNext();
                else
                {
                    done.SetResult();
                    Context.Stop(Self);
                }
            });
            for (var i = 0; i < inFlight; i++) SendNext();
        }

        private void SendNext()
        {
            if (_sent == _messages) return;
            var message = Samples.Message(_sent++);
            _writers[_sent % _writers.Length].Tell(new Record(new QueueEvent.Enqueued(message)));
        }
    }
}
