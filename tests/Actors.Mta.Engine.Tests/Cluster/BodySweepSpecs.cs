using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Cluster;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Spool;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Cluster;

public class BodySweepSpecs : TestKit
{
    private readonly World _world;
    private readonly ScriptedOwnership _ownership = new();
    private readonly OldBodies _spool = new();
    private readonly TestProbe _region;
    private readonly IActorRef _sweeper;

    public BodySweepSpecs() : base(World.Config)
    {
        _world = new World(Sys, s => s with { Queue = s.Queue with { Partitions = 2 } }) { Ownership = _ownership };
        _region = CreateTestProbe();
        var (world, spool, region) = (_world, _spool, _region.Ref);
        _sweeper = Sys.ActorOf(Props.Create(() => new BodySweepActor(world.Parts, spool, region)));
        Settle();
    }

    [Fact]
    public void Discards_what_no_partition_needs()
    {
        var (needed, left) = (Old(), Old());
        var sweeper = Asked();
        sweeper.Tell(new DeliveryProtocol.Owned(0, []));
        sweeper.Tell(new DeliveryProtocol.Owned(1, [needed]));
        AwaitAssert(() => Assert.Equal([left], _spool.Discarded));
    }

    [Fact]
    public void Discards_nothing_when_a_partition_does_not_answer_and_asks_again()
    {
        var left = Old();
        var sweeper = Asked();
        sweeper.Tell(new DeliveryProtocol.Owned(0, []));
        sweeper.Tell(new DeliveryProtocol.Unavailable(1, "it is being taken over"));
        Settle();

        Asked();
        Assert.Empty(_spool.Discarded);
        sweeper.Tell(new DeliveryProtocol.Owned(0, []));
        sweeper.Tell(new DeliveryProtocol.Owned(1, []));
        AwaitAssert(() => Assert.Equal([left], _spool.Discarded));
    }

    [Fact]
    public void Only_the_owner_of_partition_0_sweeps()
    {
        Old();
        _ownership.Mine = false;
        _world.Advance(BodySweepActor.Every);
        _region.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _ownership.Mine = true;
        Asked();
    }

    private MessageId Old()
    {
        var id = Mails.Id(_world.Now);
        _spool.Old.Add(id);
        return id;
    }

    private IActorRef Asked()
    {
        _world.Advance(BodySweepActor.Every);
        Assert.Equal(_spool.Old, _region.ExpectMsg<DeliveryProtocol.GetOwned>().Ids);
        return _region.LastSender;
    }

    /// <summary>Returns when the sweeper has handled what it was told.</summary>
    private void Settle()
    {
        var asker = CreateTestProbe();
        _sweeper.Tell(new Identify(0), asker.Ref);
        asker.ExpectMsg<ActorIdentity>();
    }

    /// <summary>Only what the sweep asks of a spool.</summary>
    private sealed class OldBodies : ISharedSpool
    {
        private readonly MemorySpool _rest = new();
        private readonly System.Collections.Concurrent.ConcurrentQueue<MessageId> _discarded = new();

        public List<MessageId> Old { get; } = [];

        public IEnumerable<MessageId> Discarded => _discarded;

        public Task<IReadOnlyList<MessageId>> OlderAsync(TimeSpan age, MessageId after, int limit, CancellationToken cancel = default) =>
            Task.FromResult<IReadOnlyList<MessageId>>([.. Old]);

        public void Discard(MessageId id) => _discarded.Enqueue(id);

        public SpoolStatus Status => _rest.Status;

        public ValueTask StoreAsync(MessageId id, ReadOnlyMemory<byte> content, CancellationToken cancel = default) => _rest.StoreAsync(id, content, cancel);

        public ValueTask<ISpoolUpload> BeginAsync(MessageId id, CancellationToken cancel = default) => _rest.BeginAsync(id, cancel);

        public ValueTask<ISpoolBody> OpenAsync(MessageId id, CancellationToken cancel = default) => _rest.OpenAsync(id, cancel);

        public ValueTask AdoptAsync(MessageId id, int owners) => _rest.AdoptAsync(id, owners);

        public void Release(MessageId id) => _rest.Release(id);

        public ValueTask<SpoolReconciliation> ReconcileAsync(IReadOnlyDictionary<MessageId, int> owners, CancellationToken cancel = default) =>
            _rest.ReconcileAsync(owners, cancel);

        public ValueTask DisposeAsync() => _rest.DisposeAsync();
    }
}
