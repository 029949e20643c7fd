using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>Real domains, sites, egress and connections; the supervisor is a probe, and the receivers are the test's.</summary>
public abstract class SiteWorldSpecs : TestKit
{
    private readonly List<QueueEvent.Attempted> _settled = [];

    private protected SiteWorldSpecs(Func<SiteLimits, SiteLimits>? limits = null, Func<DeliverySettings, DeliverySettings>? delivery = null) : base(World.Config)
    {
        World = new World(Sys, s => s with { Delivery = Change(s.Delivery, limits, delivery) });
        Supervisor = CreateTestProbe("supervisor");
        var world = World;
        var egress = Egress = Sys.ActorOf(Props.Create(() => new EgressActor(world.Parts)), "egress");
        Sites = Sys.ActorOf(Props.Create(() => new SitesActor(world.Parts, egress)), "sites");
        // The supervisor's side: journals at once.
        Supervisor.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            if (message is PartitionProtocol.Settle settle)
            {
                lock (_settled) _settled.Add(settle.Outcome);
                sender.Tell(PartitionProtocol.Settled.Instance, Supervisor.Ref);
            }
            return AutoPilot.KeepRunning;
        }));
    }

    private protected World World { get; }
    private protected TestProbe Supervisor { get; }
    private protected IActorRef Sites { get; }
    private protected IActorRef Egress { get; }

    /// <summary>Outcomes so far, in the order in which they were told.</summary>
    private protected IReadOnlyList<QueueEvent.Attempted> Settled
    {
        get { lock (_settled) return [.. _settled]; }
    }

    private protected IActorRef Domain(string domain)
    {
        var (world, sites, name) = (World, Sites, DomainName.Parse(domain));
        return Supervisor.ChildActorOf(Props.Create(() => new DomainActor(name, null, world.Parts, sites)));
    }

    private protected QueuedMessage Ready(IActorRef actor, string domain = "one.test", bool stored = true)
    {
        var message = Mails.To(domain, World.Now);
        if (stored) World.Spool.Put(message.Envelope.Id);
        actor.Tell(new PartitionProtocol.Ready(message), Supervisor.Ref);
        return message;
    }

    private protected void Ready(int count, IActorRef actor, string domain = "one.test")
    {
        for (var i = 0; i < count; i++) Ready(actor, domain);
    }

    private protected void SettledAre(int count) => AwaitAssert(() => Assert.Equal(count, Settled.Count));

    private protected static string? Reply(QueueEvent.Attempted outcome) => outcome.Results[0].Reply.ToString();

    /// <summary>The actors below egress, sites and the supervisor have handled what they were told, and what came of that.</summary>
    private protected void Quiet(params IActorRef[] domains)
    {
        var asker = CreateTestProbe();
        for (var round = 0; round < 4; round++)
            foreach (var actor in (IActorRef[])[.. domains, Sites, Egress, .. Children(Sites), .. Children(Egress)])
            {
                actor.Tell(new Identify(round), asker.Ref);
                asker.ExpectMsg<ActorIdentity>();
            }
    }

    private protected static IActorRef[] Children(IActorRef parent) => [.. ((ActorRefWithCell)parent).Children];

    private protected IActorRef OnlySite => Assert.Single(Children(Sites));

    private static DeliverySettings Change(
        DeliverySettings settings, Func<SiteLimits, SiteLimits>? limits, Func<DeliverySettings, DeliverySettings>? delivery)
    {
        if (limits is not null) settings = settings with { Default = limits(settings.Default) };
        return delivery is null ? settings : delivery(settings);
    }
}
