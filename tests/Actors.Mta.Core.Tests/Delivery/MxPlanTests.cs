using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using FsCheck;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Delivery;

public class MxPlanTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromMinutes(5);
    private static readonly DomainName Domain = DomainName.Parse("dest.test");
    private static readonly LocalIdentity Self = new("mta.here.test", [IPEndPoint.Parse("192.0.2.200:25"), IPEndPoint.Parse("0.0.0.0:2525")]);

    [Fact]
    public void Goes_by_preference_and_names_the_site_after_all_exchangers()
    {
        var plan = Delivering(Host("b.mx.test", 20, "192.0.2.2"), Host("a.mx.test", 10, "192.0.2.1", "2001:db8::1"));

        Assert.Equal("a.mx.test|b.mx.test", plan.Site.Value);
        Assert.Equal(["a.mx.test", "b.mx.test"], plan.Hosts.Select(h => h.Name));
        Assert.Equal((25, Ttl), (plan.Port, plan.TimeToLive));
        Assert.Equal(
            ["a.mx.test[192.0.2.1]:25", "a.mx.test[2001:db8::1]:25", "b.mx.test[192.0.2.2]:25"],
            plan.Attempts(n => n - 1).Select(t => t.ToString()));
    }

    [Fact]
    public void Leaves_out_hosts_without_an_address_but_keeps_them_in_the_site()
    {
        var plan = Delivering(Host("a.mx.test", 10), Host("b.mx.test", 20, "192.0.2.2"));

        Assert.Equal(["b.mx.test"], plan.Hosts.Select(h => h.Name));
        Assert.Equal("a.mx.test|b.mx.test", plan.Site.Value);
    }

    [Fact]
    public void Tries_later_when_an_address_may_turn_up()
    {
        var gone = new MxHost("a.mx.test", 10, [], "no such host");
        var silent = new MxHost("b.mx.test", 20, [], "SERVFAIL", FailureIsTemporary: true);

        Assert.StartsWith("451 4.4.3 ", Assert.IsType<MxPlan.TryLater>(Plan(gone, silent)).Reason.ToString());
        Assert.StartsWith("550 5.4.4 ", Assert.IsType<MxPlan.Undeliverable>(Plan(gone)).Reason.ToString());
    }

    [Fact]
    public void Knows_what_cannot_be_delivered_and_what_may_be_later()
    {
        Assert.StartsWith("556 5.1.10 ", Undeliverable(new MxAnswer.NullMx(Ttl)));
        Assert.StartsWith("550 5.1.2 ", Undeliverable(new MxAnswer.NoSuchDomain("no such domain", Ttl)));
        var later = Assert.IsType<MxPlan.TryLater>(MxPlan.From(Domain, new MxAnswer.TemporaryFailure("timed out"), Self, 25));
        Assert.Equal("451 4.4.3 dest.test: timed out", later.Reason.ToString());
    }

    [Theory]
    [InlineData("mta.here.test", "192.0.2.9", 24)]
    [InlineData("box.test", "192.0.2.200", 25)]
    [InlineData("box.test", "127.0.0.1", 2525)]
    public void Final_delivery_to_this_very_host_is_no_loop(string name, string address, int port)
    {
        var lmtp = new Transport(TransportKind.Lmtp);
        var answer = new MxAnswer.Hosts([Host(name, 0, address)], true, Ttl);

        var plan = Assert.IsType<MxPlan.Deliver>(MxPlan.From(Domain, answer, Self, port, lmtp));
        Assert.Equal($"lmtp:{SiteName.Of([name], port)}", plan.Site.Value);
        Assert.All(plan.Attempts(n => n - 1), target => Assert.Equal(lmtp, target.Transport));
        var literal = Assert.IsType<MxPlan.Deliver>(MxPlan.ForLiteral(DomainName.Parse($"[{address}]"), port, Self, lmtp));
        Assert.Equal(lmtp, literal.Transport);
    }

    [Fact]
    public void A_socket_and_a_Maildir_have_one_target_each()
    {
        var socket = MxPlan.ForLocal(new Transport(TransportKind.Lmtp) { SocketPath = "/run/lmtp" });
        var maildir = MxPlan.ForLocal(new Transport(TransportKind.Maildir) { Maildir = new MaildirRoute("/m/{local}") { Quota = 10 } });

        Assert.Equal("lmtp:unix:/run/lmtp", socket.Site.Value);
        Assert.Equal("localhost[unix:/run/lmtp]", Assert.Single(socket.Attempts(n => 0)).ToString());
        Assert.Equal("maildir:/m/{local}?quota=10", maildir.Site.Value);
        Assert.Equal("maildir:/m/{local}", Assert.Single(maildir.Attempts(n => 0)).ToString());
    }

    [Fact]
    public void Drops_itself_and_all_hosts_of_its_preference_or_beyond()
    {
        var plan = Delivering(
            Host("first.mx.test", 5, "192.0.2.1"), Host("MTA.Here.test", 10, "192.0.2.9"),
            Host("equal.mx.test", 10, "192.0.2.2"), Host("beyond.mx.test", 20, "192.0.2.3"));

        Assert.Equal(["first.mx.test"], plan.Hosts.Select(h => h.Name));
        Assert.Equal("first.mx.test", plan.Site.Value);
    }

    [Theory]
    [InlineData("mta.here.test", "192.0.2.9", 25)]
    [InlineData("mta.here.test", null, 25)]
    [InlineData("alias.test", "192.0.2.200", 25)]
    [InlineData("alias.test", "::ffff:192.0.2.200", 25)]
    [InlineData("localhost", "127.0.0.1", 2525)]
    [InlineData("localhost", "127.0.0.2", 2525)]
    public void Sees_a_loop_by_name_and_by_address_and_port(string name, string? address, int port)
    {
        var answer = new MxAnswer.Hosts([Host(name, 0, address is null ? [] : [address]), Host("later.mx.test", 0, "192.0.2.1")], false, Ttl);
        var plan = Assert.IsType<MxPlan.Undeliverable>(MxPlan.From(Domain, answer, Self, port));

        Assert.StartsWith("554 5.4.6 ", plan.Reason.ToString());
    }

    [Theory]
    [InlineData("alias.test", "192.0.2.200", 2525)]
    [InlineData("localhost", "127.0.0.1", 25)]
    [InlineData("other.test", "192.0.2.1", 2525)]
    public void Sees_no_loop_where_only_the_address_or_only_the_port_is_its_own(string name, string address, int port) =>
        Assert.IsType<MxPlan.Deliver>(MxPlan.From(Domain, new MxAnswer.Hosts([Host(name, 0, address)], true, Ttl), Self, port));

    [Theory]
    [InlineData("[192.0.2.1]", "[192.0.2.1][192.0.2.1]:26", "[192.0.2.1]:26")]
    [InlineData("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1][2001:db8::1]:26", "[ipv6:2001:db8::1]:26")]
    public void Delivers_to_an_address_literal_without_a_look_up(string literal, string target, string site)
    {
        var plan = Assert.IsType<MxPlan.Deliver>(MxPlan.ForLiteral(DomainName.Parse(literal), 26, Self));

        Assert.Equal(target, Assert.Single(plan.Attempts(_ => 0)).ToString());
        Assert.Equal(site, plan.Site.Value);
    }

    [Fact]
    public void Refuses_literals_that_are_its_own_address_or_no_address()
    {
        Assert.StartsWith("554 5.4.6 ", Assert.IsType<MxPlan.Undeliverable>(
            MxPlan.ForLiteral(DomainName.Parse("[192.0.2.200]"), 25, Self)).Reason.ToString());
        Assert.StartsWith("550 5.1.2 ", Assert.IsType<MxPlan.Undeliverable>(
            MxPlan.ForLiteral(DomainName.FromCanonical("[x25:1234]"), 25, Self)).Reason.ToString());
    }

    [Property]
    public bool Tries_every_address_once_hosts_together_in_order_of_preference(NonEmptyArray<(byte Preference, byte Addresses)> hosts, int seed)
    {
        var random = new Random(seed);
        ImmutableArray<MxHost> all = [.. hosts.Get.Select((h, i) => Host($"mx{i}.test", h.Preference % 4,
            [.. Enumerable.Range(0, h.Addresses % 4).Select(a => $"198.51.{i % 256}.{a}")]))];
        if (MxPlan.From(Domain, new MxAnswer.Hosts(all, false, Ttl), Self, 25) is not MxPlan.Deliver plan)
            return all.All(h => h.Addresses.IsEmpty);
        var targets = plan.Attempts(random.Next);
        var preference = all.ToDictionary(h => h.Name, h => h.Preference);
        var order = targets.Select(t => t.Host).ToList();
        var runs = order.Where((h, i) => i == 0 || order[i - 1] != h).ToList();
        return targets.Length == all.Sum(h => h.Addresses.Length)
            && targets.Distinct().Count() == targets.Length
            && runs.Distinct().Count() == runs.Count
            && runs.Select(h => preference[h]).SequenceEqual(runs.Select(h => preference[h]).Order());
    }

    [Fact]
    public void Shuffles_hosts_of_one_preference()
    {
        var plan = Delivering(Host("a.mx.test", 10, "192.0.2.1"), Host("b.mx.test", 10, "192.0.2.2"), Host("c.mx.test", 20, "192.0.2.3"));
        var random = new Random(1);
        var orders = Enumerable.Range(0, 50).Select(_ => string.Concat(plan.Attempts(random.Next).Select(t => t.Host[0]))).ToHashSet();

        Assert.Equal(["abc", "bac"], orders.Order());
    }

    private static MxHost Host(string name, int preference, params string[] addresses) =>
        new(name, preference, [.. addresses.Select(IPAddress.Parse)]);

    private static MxPlan Plan(params MxHost[] hosts) => MxPlan.From(Domain, new MxAnswer.Hosts([.. hosts], false, Ttl), Self, 25);

    private static MxPlan.Deliver Delivering(params MxHost[] hosts) => Assert.IsType<MxPlan.Deliver>(Plan(hosts));

    private static string Undeliverable(MxAnswer answer)
    {
        var plan = Assert.IsType<MxPlan.Undeliverable>(MxPlan.From(Domain, answer, Self, 25));
        Assert.Equal(Ttl, plan.TimeToLive);
        return plan.Reason.ToString();
    }
}
