using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;

namespace Actors.Mta.Engine.Tests.Delivery;

public class SiteConnectionLimitSpecs : SiteWorldSpecs
{
    public SiteConnectionLimitSpecs() : base(l => l with { Connections = 3, MessagesPerConnection = 4 }) => World.Connector.Answers = true;

    [Fact]
    public void Opens_more_connections_while_messages_wait_but_never_more_than_allowed()
    {
        var domain = Domain("one.test");
        Ready(30, domain);
        AwaitAssert(() => Assert.InRange(World.Connector.WaitingSendings, 1, 3));
        for (var i = 0; i < 20; i++)
        {
            Quiet(domain);
            World.Advance(TimeSpan.FromMilliseconds(250));
        }
        AwaitAssert(() => Assert.Equal(3, World.Connector.WaitingSendings));

        for (var i = 0; i < 30; i++) World.Connector.NextSending().Accept();

        SettledAre(30);
        Assert.Equal(3, World.Connector.MostOpen);
    }

    [Fact]
    public void Closes_a_connection_after_its_share_of_messages()
    {
        World.Connector.Accepts = true;
        Ready(12, Domain("one.test"));

        SettledAre(12);
        Assert.InRange(World.Connector.Connects, 3, 5);
        Assert.InRange(World.Connector.MostOpen, 1, 3);
    }
}

public class SiteSingleConnectionSpecs : SiteWorldSpecs
{
    public SiteSingleConnectionSpecs() : base(l => l with { Connections = 1, MessagesPerConnection = 2 }) { }

    [Fact]
    public void Sends_as_many_messages_over_a_connection_as_allowed()
    {
        (World.Connector.Answers, World.Connector.Accepts) = (true, true);
        Ready(5, Domain("one.test"));

        SettledAre(5);
        Assert.Equal((3, 1), (World.Connector.Connects, World.Connector.MostOpen));
    }

    [Fact]
    public void Closes_idle_connections()
    {
        var domain = Domain("one.test");
        Ready(domain);
        var peer = World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(1);
        Quiet(domain);
        World.Advance(TimeSpan.FromSeconds(4));
        Quiet(domain);
        Assert.False(peer.Closed);

        World.Advance(TimeSpan.FromSeconds(1));

        AwaitAssert(() => Assert.True(peer.Closed));
        Ready(domain);
        World.Connector.NextAttempt();
    }

    [Fact]
    public void Domains_with_the_same_exchangers_share_the_limit_and_take_turns()
    {
        World.Connector.Answers = true;
        World.Resolver["one.test"] = World.Resolver["two.test"] = ScriptedResolver.Hosts("a.shared.test", "b.shared.test");
        var (one, two) = (Domain("one.test"), Domain("two.test"));
        Ready(4, one, "one.test");
        var sending = World.Connector.NextSending();
        Ready(4, two, "two.test");
        Quiet(one, two);

        var order = new List<string>();
        for (var i = 0; ; i++)
        {
            order.Add(sending.Transaction.Recipients[0].Address.Domain.Value);
            sending.Accept();
            if (i == 7) break;
            sending = World.Connector.NextSending();
        }

        Assert.Equal(["one.test", "one.test", "two.test", "one.test", "two.test", "one.test", "two.test", "two.test"], order);
        Assert.Equal(1, World.Connector.MostOpen);
        Assert.Single(Children(Sites));
    }

    [Fact]
    public void Gives_the_slot_of_a_domain_that_ends_to_another()
    {
        World.Resolver["one.test"] = World.Resolver["two.test"] = ScriptedResolver.Hosts("mx.shared.test");
        var gate = new TaskCompletionSource();
        World.Spool.Gate = gate.Task;
        var (one, two) = (Domain("one.test"), Domain("two.test"));
        Ready(one, "one.test");
        Supervisor.FishForMessage<PartitionProtocol.Started>(_ => true);
        Watch(one);
        Sys.Stop(one);
        ExpectTerminated(one);
        World.Spool.Gate = null;

        Ready(two, "two.test");
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();

        SettledAre(1);
        gate.SetResult();
    }

    [Fact]
    public void Gets_back_a_kept_connection_that_was_granted_to_a_domain_which_is_gone()
    {
        World.Resolver["one.test"] = World.Resolver["two.test"] = ScriptedResolver.Hosts("mx.shared.test");
        var (one, two) = (Domain("one.test"), Domain("two.test"));
        Ready(one);
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(1);
        Watch(one);
        Sys.Stop(one);
        ExpectTerminated(one);
        // What a site does that has not heard of the domain's end yet.
        OnlySite.Tell(new SiteProtocol.Register(Core.Mail.DomainName.Parse("ghost.test"), Plan("mx.shared.test")), one);
        OnlySite.Tell(new SiteProtocol.Demand(1), one);

        Ready(two, "two.test");

        World.Connector.NextSending().Accept();
        SettledAre(2);
        Assert.Equal(1, World.Connector.Connects);
    }

    [Fact]
    public void Delivers_by_way_of_a_new_site_when_the_site_crashed()
    {
        var domain = Domain("one.test");
        Ready(3, domain);
        var peer = World.Connector.NextAttempt().Connect();
        var sending = World.Connector.NextSending();
        OnlySite.Tell(Kill.Instance);
        var second = World.Connector.NextAttempt();

        // The one under way ends well; its connection serves nobody any more.
        sending.Accept();
        SettledAre(1);
        AwaitAssert(() => Assert.True(peer.Closed));
        second.Connect();
        World.Connector.NextSending().Accept();
        World.Connector.NextSending().Accept();
        SettledAre(3);
    }

    private static MxPlan.Deliver Plan(string host) =>
        new(SiteName.Of([host], 25), ScriptedResolver.Hosts(host).All, 25, TimeSpan.FromHours(1));
}

public class SiteRateSpecs : SiteWorldSpecs
{
    public SiteRateSpecs() : base(l => l with
    {
        MessagesPerConnection = 1,
        MessageRate = new Rate(10, TimeSpan.FromMinutes(1)),
        ConnectionRate = new Rate(10, TimeSpan.FromMinutes(1)),
    }) => (World.Connector.Answers, World.Connector.Accepts) = (true, true);

    [Fact]
    public void Keeps_to_both_rates_and_loses_no_token_of_one_while_it_waits_for_the_other()
    {
        var domain = Domain("one.test");
        Ready(domain);
        SettledAre(1);
        Ready(3, domain);
        Quiet(domain);

        for (var sent = 1; sent < 4; sent++)
        {
            World.Advance(TimeSpan.FromSeconds(5.9));
            Quiet(domain);
            Assert.Equal(sent, World.Connector.Connects);
            World.Advance(TimeSpan.FromSeconds(0.1));
            SettledAre(sent + 1);
            Quiet(domain);
        }
    }
}

public class SiteMessageRateSpecs : SiteWorldSpecs
{
    public SiteMessageRateSpecs() : base(l => l with { MessageRate = new Rate(20, TimeSpan.FromMinutes(1)) }) =>
        (World.Connector.Answers, World.Connector.Accepts) = (true, true);

    [Fact]
    public void Sends_no_more_messages_than_the_rate_allows()
    {
        var domain = Domain("one.test");
        Ready(8, domain);
        SettledAre(2);

        for (var sent = 2; sent < 8; sent++)
        {
            Quiet(domain);
            Assert.Equal(sent, World.Connector.Accepted.Count);
            World.Advance(TimeSpan.FromSeconds(3));
            SettledAre(sent + 1);
        }
    }
}

public class SiteLateWakeSpecs : SiteWorldSpecs
{
    public SiteLateWakeSpecs() : base(l => l with { MessageRate = new Rate(9, TimeSpan.FromSeconds(1)) }) =>
        (World.Connector.Answers, World.Connector.Accepts) = (true, true);

    [Fact]
    public void Reaches_its_rate_although_the_clock_only_ticks_every_fifty_milliseconds()
    {
        var domain = Domain("one.test");
        Ready(40, domain);
        SettledAre(1);

        for (var tick = 1; tick <= 40; tick++)
        {
            Quiet(domain);
            World.Advance(TimeSpan.FromMilliseconds(50));
            // A ninth of a second, rounded up.
            SettledAre(1 + (int)(tick * 50 * TimeSpan.TicksPerMillisecond / 1_111_112));
        }
    }
}

public class DeadSiteSpecs : SiteWorldSpecs
{
    [Fact]
    public void Probes_a_dead_site_with_one_connection_and_goes_on_when_it_answers()
    {
        var domain = Domain("one.test");
        Ready(domain);
        World.Connector.NextAttempt().Fail();
        SettledAre(1);
        Ready(5, domain);
        Quiet(domain);
        Supervisor.FishForMessage<PartitionProtocol.DomainWaits>(w => w.Until == World.Now + TimeSpan.FromSeconds(30));
        World.Advance(TimeSpan.FromSeconds(29));
        Quiet(domain);
        Assert.Equal(1, World.Connector.Connects);

        World.Advance(TimeSpan.FromSeconds(1));
        var probe = World.Connector.NextAttempt();
        for (var i = 0; i < 10; i++)
        {
            World.Advance(TimeSpan.FromSeconds(1));
            Quiet(domain);
        }
        Assert.Equal(2, World.Connector.Connects);

        (World.Connector.Answers, World.Connector.Accepts) = (true, true);
        probe.Connect();
        SettledAre(6);
        Assert.Equal(1, World.Log.Count("site mx.one.test answers again"));
    }

    [Fact]
    public void Leaves_a_site_alone_for_longer_when_the_probe_fails()
    {
        var domain = Domain("one.test");
        Ready(domain);
        World.Connector.NextAttempt().Fail();
        SettledAre(1);
        Ready(2, domain);
        Quiet(domain);
        World.Advance(TimeSpan.FromSeconds(30));
        World.Connector.NextAttempt().Fail();
        SettledAre(2);
        Quiet(domain);

        World.Advance(TimeSpan.FromSeconds(59));
        Quiet(domain);
        Assert.Equal(2, World.Connector.Connects);
        World.Advance(TimeSpan.FromSeconds(1));
        World.Connector.NextAttempt();
    }

    [Fact]
    public void Is_not_held_up_by_another_site_that_is_dead()
    {
        var (dead, alive) = (Domain("dead.test"), Domain("alive.test"));
        Ready(dead, "dead.test");
        World.Connector.NextAttempt().Fail();
        SettledAre(1);

        Ready(alive, "alive.test");
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(2);
    }

    [Fact]
    public void Probes_at_once_when_flushed()
    {
        var domain = Domain("one.test");
        Ready(domain);
        World.Connector.NextAttempt().Fail();
        SettledAre(1);
        Ready(domain);
        Quiet(domain);
        Assert.Equal(1, World.Connector.Connects);

        domain.Tell(PartitionProtocol.RetryNow.Instance, Supervisor.Ref);

        World.Connector.NextAttempt();
    }

    [Fact]
    public void Sends_another_probe_when_the_first_was_not_needed()
    {
        var domain = Domain("one.test");
        Ready(domain);
        World.Connector.NextAttempt().Fail();
        SettledAre(1);
        var missing = Ready(domain, stored: false);
        Ready(domain);
        Quiet(domain);

        World.Advance(TimeSpan.FromSeconds(30));

        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(3);
        Assert.Contains(Settled, s => s.Key == missing.Key && s.Results[0].Fate == RecipientFate.OwesFailed);
    }

    [Fact]
    public void Asks_a_living_site_that_refuses_more_connections_for_no_more_for_a_while()
    {
        var domain = Domain("one.test");
        Ready(domain);
        World.Connector.NextAttempt().Connect();
        var first = World.Connector.NextSending();
        Ready(domain);
        Quiet(domain);
        World.Advance(TimeSpan.FromMilliseconds(250));
        World.Connector.NextAttempt().Fail();
        SettledAre(1);
        Ready(2, domain);
        Quiet(domain);
        World.Advance(TimeSpan.FromSeconds(9));
        Quiet(domain);
        Assert.Equal(2, World.Connector.Connects);
        Assert.Equal(0, World.Log.Count("site "));

        first.Accept();
        World.Connector.NextSending().Accept();
        World.Connector.NextSending().Accept();
        SettledAre(4);
    }
}

public class EgressLimitSpecs : SiteWorldSpecs
{
    public EgressLimitSpecs() : base(l => l with { Connections = 1, MessagesPerConnection = 1 }, d => d with { MaxConnections = 1 }) { }

    [Fact]
    public void Sites_wait_their_turn_above_the_limit_of_the_node()
    {
        var (one, two) = (Domain("one.test"), Domain("two.test"));
        Ready(one, "one.test");
        World.Connector.NextAttempt().Connect();
        var first = World.Connector.NextSending();
        Ready(two, "two.test");
        Quiet(one, two);
        Assert.Equal(1, World.Connector.Connects);

        first.Accept();
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(2);
    }

    [Fact]
    public void Loses_no_slot_when_a_domain_ends_that_waits_for_a_connection()
    {
        World.Resolver["two.test"] = World.Resolver["three.test"] = ScriptedResolver.Hosts("mx.shared.test");
        var (one, two, three) = (Domain("one.test"), Domain("two.test"), Domain("three.test"));
        Ready(one, "one.test");
        World.Connector.NextAttempt().Connect();
        var first = World.Connector.NextSending();
        Ready(two, "two.test");
        Quiet(one, two);
        Watch(two);
        Sys.Stop(two);
        ExpectTerminated(two);
        Ready(three, "three.test");
        Quiet(one, three);

        first.Accept();

        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(2);
    }
}
