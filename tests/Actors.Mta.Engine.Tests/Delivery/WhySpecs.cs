using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;
using Akka.TestKit;

namespace Actors.Mta.Engine.Tests.Delivery;

/// <summary>What sites say of themselves when somebody asks why mail does not go out.</summary>
public abstract class WhySiteSpecs(Func<SiteLimits, SiteLimits>? limits = null) : SiteWorldSpecs(limits)
{
    private static readonly DeliveryProtocol.DomainStatus Nothing =
        new(DomainName.Parse("one.test"), 0, "mta.test", default, null, null, "", "", "", "", null, null, "");

    private protected DeliveryProtocol.DomainStatus Ask(IActorRef domain)
    {
        var asker = CreateTestProbe();
        domain.Tell(new PartitionProtocol.Describe(Nothing, asker.Ref));
        return asker.ExpectMsg<DeliveryProtocol.DomainStatus>();
    }

    private protected ImmutableArray<DeliveryProtocol.SiteStatus> AskSites(string host)
    {
        var asker = CreateTestProbe();
        Sites.Tell(new SiteProtocol.DescribeAll(host, asker.Ref));
        return asker.ExpectMsg<DeliveryProtocol.Sites>().All;
    }
}

public class WhyDeadSiteSpecs : WhySiteSpecs
{
    [Fact]
    public void A_site_that_does_not_answer_says_so_and_until_when_it_is_left_alone()
    {
        var domain = Domain("one.test");
        Ready(2, domain);
        // The first message finds it out, and waits for its retry; the second one waits for the site.
        World.Connector.NextAttempt().Fail();
        SettledAre(1);
        AwaitAssert(() => Assert.Equal("the site does not answer: 451 4.4.1 connection refused", Ask(domain).Site?.Reason));
        AwaitAssert(() => Assert.Equal((1, 1, 0), Ask(domain).Site is { } s ? (s.Wanting, s.Domains, s.Open) : default));
        Assert.Equal(World.Now + World.Settings().Delivery.Default.DeadFor, Ask(domain).Site!.Until);

        World.Advance(World.Settings().Delivery.Default.DeadFor);
        var probe = World.Connector.NextAttempt();
        Assert.StartsWith("one connection finds out whether the site answers again", Ask(domain).Site!.Reason);
        (World.Connector.Answers, World.Connector.Accepts) = (true, true);
        probe.Connect();
        SettledAre(2);
        AwaitAssert(() => Assert.Equal("", Ask(domain).Site!.Reason));
    }

    [Fact]
    public void A_site_is_found_by_its_exchanger_and_one_that_nobody_sends_to_is_not()
    {
        (World.Connector.Answers, World.Connector.Accepts) = (true, true);
        var domain = Domain("one.test");
        Ready(domain);
        SettledAre(1);
        Assert.Equal(Ask(domain).Site!.Site, Assert.Single(AskSites("MX.one.test")).Site);
        Assert.Empty(AskSites("mx.two.test"));
        Assert.Equal(AskSites("MX.one.test").Select(s => s.Site), AskSites("").Select(s => s.Site));
    }
}

public class WhyConnectionSpecs() : WhySiteSpecs(l => l with { Connections = 1 })
{
    [Fact]
    public void A_site_whose_connections_are_all_in_use_says_so()
    {
        var domain = Domain("one.test");
        Ready(3, domain);
        World.Connector.NextAttempt().Connect();
        AwaitAssert(() => Assert.Equal(1, World.Connector.WaitingSendings));

        var site = Ask(domain).Site!;

        Assert.Equal("all connections that the site may have are in use (connections = 1)", site.Reason);
        Assert.Equal((1, 1, 1, 2), (site.Open, site.Busy, site.Limit, site.Wanting));
        Assert.Equal("mx.one.test", Ask(domain).Route);
    }
}

public class WhyRateSpecs() : WhySiteSpecs(l => l with { MessageRate = new Rate(20, TimeSpan.FromMinutes(1)) })
{
    [Fact]
    public void A_site_whose_rate_is_used_up_says_so_and_when_the_next_message_goes()
    {
        (World.Connector.Answers, World.Connector.Accepts) = (true, true);
        var domain = Domain("one.test");
        Ready(8, domain);
        SettledAre(2);
        Quiet(domain);

        var site = Ask(domain).Site!;

        Assert.Equal(("its messages are limited (message-rate = 20/min)", "20/min", 6), (site.Reason, site.MessageRate, site.Wanting));
        Assert.Equal(World.Now + TimeSpan.FromSeconds(3), site.Until);
    }
}

/// <summary>What a partition says of a domain.</summary>
public class WhyDomainSpecs : PartitionSpecs
{
    private void Ask(string domain, TestProbe asker) => Partition.Tell(new DeliveryProtocol.GetDomain(DomainName.Parse(domain)), asker.Ref);

    [Fact]
    public void A_partition_counts_the_messages_of_a_domain_and_has_its_site_answer()
    {
        Begin();
        var (message, _) = Deferred(Mail(age: TimeSpan.FromMinutes(7)));
        Enqueue(Mail("other.test"));
        var asker = CreateTestProbe();

        Ask("one.test", asker);

        var asked = Site.FishForMessage<SiteProtocol.DescribeFor>(_ => true);
        Assert.Equal(asker.Ref, asked.Asker);
        Assert.Equal(new DeliveryProtocol.DomainCounts(0, 1, 0, 0, 0, 0, 0), asked.SoFar.Counts);
        Assert.Equal((message.Envelope.Arrived, Find(message)!.Message.Due), (asked.SoFar.Oldest, asked.SoFar.NextDue));
        Assert.Equal(Find(message)!.Message.Recipients[0].LastReply!.ToString(), asked.SoFar.LastReply);
        Assert.Equal(Replies.Host, asked.SoFar.LastHost);
    }

    [Fact]
    public void A_partition_names_the_domains_with_the_most_messages()
    {
        Begin();
        foreach (var domain in (string[])["one.test", "two.test", "two.test", "three.test", "three.test", "three.test"]) Enqueue(Mail(domain));
        var asker = CreateTestProbe();

        Partition.Tell(new DeliveryProtocol.GetDomains(2, QueueSearch.All), asker.Ref);

        var domains = asker.ExpectMsg<DeliveryProtocol.Domains>();
        Assert.Equal(3, domains.Count);
        Assert.Equal([("three.test", 3), ("two.test", 2)], domains.All.Select(d => (d.Domain.Value, d.Counts.All)));
        Partition.Tell(new DeliveryProtocol.GetDomains(9, new QueueSearch { Domain = DomainName.Parse("two.test") }), asker.Ref);
        Assert.Equal([("two.test", 2)], asker.ExpectMsg<DeliveryProtocol.Domains>().All.Select(d => (d.Domain.Value, d.Counts.All)));
    }

    [Fact]
    public void A_domain_without_mail_is_answered_for_by_the_partition()
    {
        Begin();
        var asker = CreateTestProbe();

        Ask("nobody.test", asker);

        var status = asker.ExpectMsg<DeliveryProtocol.DomainStatus>();
        Assert.Equal((0, "", (DeliveryProtocol.SiteStatus?)null), (status.Counts.All, status.Route, status.Site));
    }

    [Fact]
    public void Which_sites_there_are_is_the_sites_matter()
    {
        Begin();
        var asker = CreateTestProbe();
        Partition.Tell(new DeliveryProtocol.GetSites("mx.one.test"), asker.Ref);
        Assert.Equal(("mx.one.test", asker.Ref), Sites.ExpectMsg<SiteProtocol.DescribeAll>() is { } d ? (d.Host, d.Asker) : default);
    }
}
