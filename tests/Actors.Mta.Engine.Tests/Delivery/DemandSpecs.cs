using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>
/// Demand is counted at two places that only talk: whatever happens between them, no ready message may be forgotten and no
/// slot may be lost. Random histories, the same for the same seed as far as actors are deterministic.
/// </summary>
public class DemandSpecs : SiteWorldSpecs
{
    private static readonly string[] Exchangers = ["a.shared.test", "b.shared.test", "c.shared.test"];
    private readonly HashSet<QueueKey> _ready = [];

    public DemandSpecs() : base(l => l with { Connections = 2, MessagesPerConnection = 3 }, d => d with { MaxConnections = 3 }) =>
        (World.Connector.Answers, World.Connector.Accepts) = (true, true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Every_ready_message_goes_out_in_the_end_whatever_happens_to_sites_plans_and_connections(int seed)
    {
        var random = new Random(seed);
        string[] names = ["one.test", "two.test", "three.test"];
        foreach (var name in names) Move(name, random);
        var domains = names.ToDictionary(n => n, Domain);
        var gone = new List<string>();
        for (var step = 0; step < 150; step++)
        {
            var name = names[random.Next(names.Length)];
            if (gone.Contains(name)) continue;
            switch (random.Next(20))
            {
                case < 11:
                    for (var i = random.Next(1, 5); i > 0; i--) _ready.Add(Ready(domains[name], name, stored: random.Next(8) > 0).Key);
                    break;
                case < 13:
                    domains[name].Tell(new PartitionProtocol.Recall([.. _ready.Where(k => k.Domain.Value == name && random.Next(2) == 0)]), Supervisor.Ref);
                    break;
                case < 15:
                    Move(name, random);
                    World.Advance(TimeSpan.FromHours(1));
                    break;
                case < 16:
                    Kill(Children(Sites), random);
                    break;
                case < 18:
                    Kill(Children(Egress), random);
                    break;
                case < 19:
                    World.Advance(TimeSpan.FromSeconds(random.Next(1, 8)));
                    break;
                default:
                    World.Advance(TimeSpan.FromMilliseconds(250));
                    break;
            }
            if (step == 75)
            {
                gone.Add("three.test");
                Sys.Stop(domains["three.test"]);
            }
        }

        AwaitAssert(() =>
        {
            foreach (var recalled in Recalled()) _ready.Remove(recalled);
            World.Advance(TimeSpan.FromSeconds(1));
            var left = _ready.Except(Settled.Select(s => s.Key)).Where(k => !gone.Contains(k.Domain.Value)).ToList();
            Assert.Empty(left);
        });
        // All slots are free again: two connections at one site, at once.
        (World.Connector.Answers, World.Connector.Accepts) = (true, false);
        AwaitAssert(() =>
        {
            World.Advance(TimeSpan.FromSeconds(10));
            Assert.Empty(Children(Egress));
        });
        World.Resolver["one.test"] = World.Resolver["two.test"] = ScriptedResolver.Hosts("fresh.test");
        World.Advance(TimeSpan.FromHours(1));
        Ready(30, domains["one.test"], "one.test");
        AwaitAssert(() =>
        {
            World.Advance(TimeSpan.FromMilliseconds(250));
            // One more may have gone to the old site before the look-up was answered.
            Assert.Equal(2, World.Connector.WaitingAt("fresh.test"));
        });
    }

    private void Move(string domain, Random random) => World.Resolver[domain] = ScriptedResolver.Hosts(Exchangers[random.Next(Exchangers.Length)]);

    private static void Kill(IActorRef[] actors, Random random)
    {
        if (actors.Length > 0) actors[random.Next(actors.Length)].Tell(Akka.Actor.Kill.Instance);
    }

    private IEnumerable<QueueKey> Recalled()
    {
        while (Supervisor.HasMessages)
            switch (Supervisor.ReceiveOne(TimeSpan.Zero))
            {
                case PartitionProtocol.Recalled recalled:
                    foreach (var key in recalled.Keys) yield return key;
                    break;
                // A message that went down with a domain; its supervisor has it.
                case PartitionProtocol.Aborted aborted:
                    yield return aborted.Key;
                    break;
            }
    }
}
