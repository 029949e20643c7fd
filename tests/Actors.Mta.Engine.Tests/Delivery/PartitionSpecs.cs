using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.TestKit;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>
/// One partition with real domains and messages; region, sites, connections, notification writer and reception are probes, and
/// the journal is the test's.
/// </summary>
public abstract class PartitionSpecs : TestKit, IAsyncLifetime
{
    /// <param name="ownership">Null: the node is alone.</param>
    private protected PartitionSpecs(Func<MtaSettings, MtaSettings>? change = null, IOwnership? ownership = null) : base(World.PersistenceConfig)
    {
        World = ownership is null ? new World(Sys, change) : new World(Sys, change) { Ownership = ownership };
        Region = CreateTestProbe("region");
        Sites = CreateTestProbe("sites");
        Site = CreateTestProbe("site");
        Bounces = CreateTestProbe("bounces");
        Reception = CreateTestProbe("reception");
    }

    private protected World World { get; }
    private protected JournalControl Rows { get; } = new();
    private protected TestProbe Region { get; }
    private protected TestProbe Sites { get; }
    private protected TestProbe Site { get; }
    private protected TestProbe Bounces { get; }
    private protected TestProbe Reception { get; }
    private protected IActorRef Partition { get; private set; } = ActorRefs.Nobody;

    private protected ITestJournal Journal => TestJournal.FromRef(Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor(null));
    private protected ITestSnapshotStore Snapshots => TestSnapshotStore.FromRef(Akka.Persistence.Persistence.Instance.Apply(Sys).SnapshotStoreFor(null));

    public Task InitializeAsync() => Journal.OnWrite.SetInterceptorAsync(Rows);

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Starts an incarnation of the partition and waits until it was replayed.</summary>
    private protected PartitionProtocol.Recovered Recover()
    {
        var (world, sites, bounces) = (World, Sites.Ref, Bounces.Ref);
        Partition = Region.ChildActorOf(Props.Create(() => new DeliverySupervisorActor(0, world.Parts, sites, bounces)));
        return Region.ExpectMsg<PartitionProtocol.Recovered>();
    }

    private protected void Begin(params QueueEvent.Attempted[] unrecorded)
    {
        Recover();
        Partition.Tell(new PartitionProtocol.Begin([.. unrecorded]));
    }

    /// <summary>Stops the partition as a crash of the node would: nothing is said.</summary>
    private protected void Stop()
    {
        Watch(Partition);
        Sys.Stop(Partition);
        ExpectTerminated(Partition);
    }

    private protected QueuedMessage Mail(string domain = "one.test", DsnNotify notify = DsnNotify.Unspecified, int recipients = 1, TimeSpan age = default)
    {
        var message = Mails.To(domain, World.Now - age, notify, recipients: recipients);
        World.Spool.Put(message.Envelope.Id);
        return message;
    }

    private protected void Send(QueuedMessage message, bool tentative = false) =>
        Partition.Tell(new DeliveryProtocol.Enqueue(0, message.Envelope.Id, [message], tentative), Reception.Ref);

    private protected QueuedMessage Enqueue(QueuedMessage message, bool tentative = false)
    {
        Send(message, tentative);
        Assert.Equal(message.Envelope.Id, Reception.ExpectMsg<DeliveryProtocol.Enqueued>().Id);
        return message;
    }

    private protected int StoredRows()
    {
        var reader = CreateTestProbe();
        Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor(null).Tell(new ReplayMessages(0, long.MaxValue, long.MaxValue, "delivery-00", reader.Ref), reader.Ref);
        var rows = 0;
        reader.FishForMessage(m =>
        {
            if (m is ReplayedMessage) rows++;
            return m is RecoverySuccess;
        });
        return rows;
    }

    // ---- what the partition says of itself; its answer comes after all that it was told before

    private protected DeliveryProtocol.Counts Counts()
    {
        var asker = CreateTestProbe();
        Partition.Tell(DeliveryProtocol.GetCounts.Instance, asker.Ref);
        return asker.ExpectMsg<DeliveryProtocol.Counts>();
    }

    private protected DeliveryProtocol.MessageStatus? Find(QueuedMessage message)
    {
        var asker = CreateTestProbe();
        Partition.Tell(new DeliveryProtocol.GetMessages(new QueueSearch { Domain = message.Domain, Id = message.Envelope.Id }, 10), asker.Ref);
        return asker.ExpectMsg<DeliveryProtocol.Messages>().All.SingleOrDefault();
    }

    private protected void Becomes(QueuedMessage message, QueuePlace? place) =>
        AwaitAssert(() => Assert.Equal(place, Find(message)?.Place));

    /// <summary>The message is out of the queue, and its share of the body was given up exactly once.</summary>
    private protected void IsDone(QueuedMessage message)
    {
        Becomes(message, null);
        Assert.Equal(1, World.Spool.Released(message.Envelope.Id));
    }

    // ---- the site's part

    /// <summary>Waits until the domain asks for its site, and answers.</summary>
    private protected IActorRef AskingDomain(string domain = "one.test")
    {
        var find = Sites.FishForMessage<SiteProtocol.FindSite>(f => f.Domain.Value == domain);
        var actor = Sites.LastSender;
        actor.Tell(new SiteProtocol.SiteFound(find.Name, Site.Ref));
        return actor;
    }

    /// <summary>Grants a connection; the message that takes it transmits.</summary>
    private protected TestProbe Grant(IActorRef domain)
    {
        var connection = CreateTestProbe();
        domain.Tell(new SiteProtocol.Grant(connection.Ref));
        connection.ExpectMsg<SiteProtocol.Transmit>();
        return connection;
    }

    private protected void HasNothingReady(IActorRef domain)
    {
        var connection = CreateTestProbe();
        domain.Tell(new SiteProtocol.Grant(connection.Ref));
        connection.ExpectMsg<SiteProtocol.Unused>();
    }

    private protected static void Answer(TestProbe connection, params RecipientOutcome[] outcomes) =>
        connection.LastSender.Tell(new SiteProtocol.Transmitted(new TransactionResult([.. outcomes], true, false), Replies.Host, null));

    /// <summary>Enqueues, and has the first attempt deferred: due again in 15 minutes.</summary>
    private protected (QueuedMessage Message, IActorRef Domain) Deferred(QueuedMessage? message = null)
    {
        message = Enqueue(message ?? Mail());
        var domain = AskingDomain();
        Answer(Grant(domain), [.. message.Recipients.Select(_ => Replies.Deferred)]);
        Becomes(message, QueuePlace.Waiting);
        return (message, domain);
    }
}
