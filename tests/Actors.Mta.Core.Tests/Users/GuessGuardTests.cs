using System.Net;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Tests.Users;

public sealed class GuessGuardTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ClientNetwork Guesser = Client("192.0.2.1");
    private static readonly ClientNetwork Home = Client("198.51.100.7");

    private readonly GuessGuard _guard = new(new GuessLimits());
    private DateTimeOffset _now = Start;

    [Fact]
    public void Delays_double_behind_the_free_failures_up_to_the_longest()
    {
        var delays = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            _guard.Failed(Guesser, "john", _now);
            delays.Add(_guard.Delay(Guesser, "john", _now).TotalSeconds);
        }
        Assert.Equal([0, 0, 0, 1, 2, 4, 8, 16, 16], delays);
        Assert.Equal(TimeSpan.Zero, _guard.Delay(Home, null, _now));
    }

    [Fact]
    public void A_client_is_blocked_for_its_time_and_then_has_to_be_good()
    {
        for (var i = 0; i < 9; i++) Assert.False(_guard.Failed(Guesser, $"user{i}", _now));
        Assert.Equal(GuessVerdict.Allowed, _guard.Ask(Guesser, null, _now));
        Assert.True(_guard.Failed(Guesser, "user9", _now));
        Assert.Equal(GuessVerdict.ClientBlocked, _guard.Ask(Guesser, null, _now));
        Assert.Equal(GuessVerdict.Allowed, _guard.Ask(Home, "user9", _now));

        Pass(TimeSpan.FromMinutes(15));
        Assert.Equal(GuessVerdict.Allowed, _guard.Ask(Guesser, null, _now));
        // Half of ten failures are still remembered.
        for (var i = 0; i < 4; i++) Assert.False(_guard.Failed(Guesser, "user", _now));
        Assert.True(_guard.Failed(Guesser, "user", _now));
    }

    [Fact]
    public void A_success_clears_the_client_but_not_the_user()
    {
        for (var i = 0; i < 29; i++) _guard.Failed(Client($"203.0.113.{i}"), "JOHN", _now);
        for (var i = 0; i < 8; i++) _guard.Failed(Guesser, "other", _now);
        _guard.Succeeded(Guesser, "mine", _now);
        Assert.Equal(TimeSpan.Zero, _guard.Delay(Guesser, null, _now));
        _guard.Failed(Client("203.0.113.99"), "john", _now);
        Assert.Equal(GuessVerdict.UserBlocked, _guard.Ask(Guesser, "John", _now));
    }

    [Fact]
    public void Nobody_can_lock_a_user_out_of_where_he_logs_in_from()
    {
        _guard.Succeeded(Home, "John", _now);
        for (var i = 0; i < 40; i++) _guard.Failed(Client($"203.0.113.{i}"), "john", _now);
        Assert.Equal(GuessVerdict.UserBlocked, _guard.Ask(Guesser, "john", _now));
        Assert.Equal(GuessVerdict.Allowed, _guard.Ask(Home, "john", _now));
        Assert.Equal(TimeSpan.Zero, _guard.Delay(Home, "john", _now));

        Pass(TimeSpan.FromDays(30));
        for (var i = 0; i < 40; i++) _guard.Failed(Client($"203.0.113.{i}"), "john", _now);
        Assert.Equal(GuessVerdict.UserBlocked, _guard.Ask(Home, "john", _now));
    }

    [Fact]
    public void Old_failures_fade()
    {
        for (var i = 0; i < 8; i++) _guard.Failed(Guesser, null, _now);
        Pass(TimeSpan.FromMinutes(15));
        Assert.Equal(TimeSpan.FromSeconds(1), _guard.Delay(Guesser, null, _now));
        Pass(TimeSpan.FromMinutes(15));
        Assert.Equal(TimeSpan.Zero, _guard.Delay(Guesser, null, _now));
    }

    [Fact]
    public void A_whole_64_counts_as_one_client_and_a_mapped_address_as_ipv4()
    {
        Assert.Equal(Client("2001:db8::1"), Client("2001:db8:0:0:ffff::2"));
        Assert.NotEqual(Client("2001:db8::1"), Client("2001:db8:0:1::1"));
        Assert.Equal(Guesser, Client("::ffff:192.0.2.1"));
        Assert.Equal("192.0.2.1", Guesser.ToString());
        Assert.Equal("2001:db8::/64", Client("2001:db8::1").ToString());
    }

    [Fact]
    public void Tables_are_bounded()
    {
        var table = new RecentTable<int, int>(3);
        for (var i = 0; i < 5; i++) table.Set(i, i);
        table.Set(2, 22);
        table.Set(5, 5);
        Assert.Equal(3, table.Count);
        Assert.False(table.TryGet(3, out _));
        Assert.True(table.TryGet(2, out var two) && two == 22);
        table.Remove(2);
        Assert.Equal(2, table.Count);
    }

    private void Pass(TimeSpan time) => _now += time;

    private static ClientNetwork Client(string address) => ClientNetwork.Of(IPAddress.Parse(address));
}
