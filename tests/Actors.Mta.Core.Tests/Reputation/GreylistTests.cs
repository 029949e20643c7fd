using System.Net;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Reputation;

namespace Actors.Mta.Core.Tests.Reputation;

public sealed class GreylistTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
    private readonly GreylistPolicy _policy = new() { TrustNetworkAfter = 3 };
    private readonly GreylistState _state;
    private DateTimeOffset _now = Noon;

    public GreylistTests() => _state = new GreylistState(_policy);

    private string Network => _policy.NetworkOf(IPAddress.Parse("192.0.2.1"));

    /// <summary>Seconds to wait, after what was said has been remembered.</summary>
    private double? Try(string sender = "a@elsewhere.test", string? network = null)
    {
        var triplet = Triplet.Of(network ?? Network, EmailAddress.Parse(sender), EmailAddress.Parse("bob@local.test"));
        var wait = _state.Decide(triplet, _now, out var remember);
        if (remember is not null) _state.Apply(remember);
        return wait?.TotalSeconds;
    }

    private void After(TimeSpan time) => _now += time;

    [Fact]
    public void The_first_attempt_waits_and_the_retry_passes()
    {
        Assert.Equal(300, Try());
        After(TimeSpan.FromSeconds(100));
        Assert.Equal(200, Try());
        After(TimeSpan.FromSeconds(200));
        Assert.Null(Try());
        After(TimeSpan.FromDays(30));
        Assert.Null(Try());
        After(TimeSpan.FromDays(30));
        Assert.Null(Try("A@Elsewhere.test"));
    }

    [Fact]
    public void A_retry_that_comes_too_late_is_a_first_attempt()
    {
        Assert.Equal(300, Try());
        After(_policy.RetryWithin + TimeSpan.FromSeconds(1));
        Assert.Equal(300, Try());
        After(_policy.Delay);
        Assert.Null(Try());
        After(_policy.KeepFor + TimeSpan.FromSeconds(1));
        Assert.Equal(300, Try());
    }

    [Fact]
    public void Another_sender_or_network_waits_for_itself()
    {
        Assert.Equal(300, Try());
        After(_policy.Delay);
        Assert.Equal(300, Try("b@elsewhere.test"));
        Assert.Equal(300, Try(network: "198.51.100.0/24"));
        Assert.Null(Try());
    }

    [Fact]
    public void A_network_of_which_enough_have_passed_is_trusted_until_it_is_silent_for_long()
    {
        string[] senders = ["a@x.test", "b@x.test", "c@x.test"];
        foreach (var sender in senders) Try(sender);
        After(_policy.Delay);
        Assert.Equal(300, Try("d@x.test"));
        foreach (var sender in senders) Assert.Null(Try(sender));
        Assert.Null(Try("e@x.test"));
        After(_policy.KeepFor - TimeSpan.FromSeconds(1));
        Assert.Null(Try("f@x.test"));
        After(_policy.KeepFor + TimeSpan.FromSeconds(1));
        Assert.Equal(300, Try("g@x.test"));
    }

    [Fact]
    public void Nothing_is_remembered_twice_when_events_come_late()
    {
        var triplet = Triplet.Of(Network, EmailAddress.Null, EmailAddress.Parse("bob@local.test"));
        _state.Decide(triplet, Noon, out var first);
        _state.Decide(triplet, Noon.AddSeconds(10), out var second);
        _state.Apply(first!);
        _state.Apply(second!);
        Assert.Equal(TimeSpan.FromSeconds(290), _state.Decide(triplet, Noon.AddSeconds(10), out _));
        foreach (var _ in Enumerable.Range(0, 5)) _state.Apply(new GreylistEvent(GreylistChange.Passed, triplet, Noon.AddMinutes(6)));
        Assert.Equal(1, Assert.Single(_state.Snapshot().Networks).Passed);
    }

    [Fact]
    public void The_table_is_bounded_and_keeps_those_that_have_passed()
    {
        var state = new GreylistState(new GreylistPolicy { MaxEntries = 100 });
        Triplet Of(int n) => new($"net{n}", "s", "r");
        for (var n = 0; n < 20; n++)
        {
            state.Apply(new GreylistEvent(GreylistChange.Tried, Of(n), Noon));
            state.Apply(new GreylistEvent(GreylistChange.Passed, Of(n), Noon.AddMinutes(6)));
        }
        for (var n = 20; n < 1000; n++) state.Apply(new GreylistEvent(GreylistChange.Tried, Of(n), Noon.AddMinutes(10).AddSeconds(n)));
        Assert.InRange(state.Count, 80, 100);
        for (var n = 0; n < 20; n++) Assert.Null(state.Decide(Of(n), Noon.AddHours(1), out _));
        Assert.NotNull(state.Decide(Of(20), Noon.AddHours(1), out var again));
        Assert.Equal(GreylistChange.Tried, again?.Change);
    }

    [Fact]
    public void A_snapshot_brings_everything_back()
    {
        Try();
        After(_policy.Delay);
        Try();
        Try("b@x.test");
        var restored = new GreylistState(_policy);
        restored.Restore(_state.Snapshot());
        Assert.Equal<GreylistEntry>(_state.Snapshot().Entries, restored.Snapshot().Entries);
        Assert.Equal<GreylistNetwork>(_state.Snapshot().Networks, restored.Snapshot().Networks);
    }

    [Theory]
    [InlineData("192.0.2.77", "192.0.2.0/24")]
    [InlineData("::ffff:192.0.2.77", "192.0.2.0/24")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    public void Clients_count_by_their_network(string client, string network) => Assert.Equal(network, _policy.NetworkOf(IPAddress.Parse(client)));

    [Fact]
    public void The_client_hears_how_long_to_wait() =>
        Assert.Equal("450 4.7.1 Greylisted, come back in 2 seconds", GreylistState.Reply(TimeSpan.FromSeconds(1.2)).ToString());
}
