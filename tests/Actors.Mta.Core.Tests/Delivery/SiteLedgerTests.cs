using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Core.Tests.Delivery;

public class SiteLedgerTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private DateTimeOffset _now = Start;
    private SiteLimits _limits = new() { Connections = 2 };

    [Fact]
    public void Gives_nothing_before_every_earlier_lease_is_over()
    {
        var ledger = new SiteLedger(Start, Lease);
        Assert.Equal(0, Only(Ask(ledger, "a", wanted: 2)).Connections);
        _now += Lease - TimeSpan.FromSeconds(1);
        Assert.Equal(0, Only(Ask(ledger, "a", wanted: 2)).Connections);

        _now += TimeSpan.FromSeconds(1);
        Assert.Equal(2, Only(ledger.Tick(_now)).Connections);
    }

    [Fact]
    public void Leaves_what_a_node_has_from_an_earlier_ledger()
    {
        var ledger = new SiteLedger(Start, Lease);
        Assert.Equal(2, Only(Ask(ledger, "a", wanted: 2, ceiling: 2)).Connections);
        Ask(ledger, "b", wanted: 2);
        _now += Lease - TimeSpan.FromTicks(1);
        Assert.Equal(2, ledger.Entitled);
        Assert.DoesNotContain(ledger.Tick(_now), s => s.Connections > 0);
    }

    [Fact]
    public void Need_not_wait_when_all_have_said_what_they_have()
    {
        var ledger = new SiteLedger(Start, Lease);
        Ask(ledger, "a", wanted: 2);
        Assert.Equal(2, Only(ledger.HeardAll(DateTimeOffset.MinValue, _now)).Connections);
    }

    [Fact]
    public void Waits_for_the_lease_of_a_node_that_was_lost_and_cannot_be_asked()
    {
        var ledger = new SiteLedger(Start, Lease);
        Ask(ledger, "a", wanted: 2);
        var lost = Start - TimeSpan.FromSeconds(4);
        Assert.DoesNotContain(ledger.HeardAll(lost, _now), s => s.Connections > 0);
        Assert.Equal(lost + Lease, ledger.NextChange);
        _now = lost + Lease;
        Assert.Equal(2, Only(ledger.Tick(_now)).Connections);
    }

    [Fact]
    public void Divides_alike_and_gives_what_one_does_not_want_to_the_others()
    {
        _limits = _limits with { Connections = 10 };
        var ledger = Open();
        Ask(ledger, "a", wanted: 1);
        Ask(ledger, "b", wanted: 20);
        var shares = Ask(ledger, "c", wanted: 20);
        // b had nine: it is told to keep fewer, and c gets them when b has given them back.
        Assert.Equal(0, Of(shares, "c").Connections);
        var less = Of(shares, "b");
        Assert.InRange(less.Connections, 4, 5);
        shares = Ask(ledger, "b", wanted: 20, ceiling: less.Connections, seen: less.Serial);
        Assert.Equal(9 - less.Connections, Of(shares, "c").Connections);
    }

    [Fact]
    public void Does_not_take_back_on_the_word_of_a_node_that_has_not_seen_its_last_share()
    {
        var ledger = Open();
        var first = Only(Ask(ledger, "a", wanted: 2));
        Assert.Equal(2, first.Connections);
        // It asked before that share reached it.
        Ask(ledger, "a", wanted: 2, ceiling: 0, seen: 0);
        Assert.Equal(2, ledger.Entitled);
    }

    [Fact]
    public void Frees_what_a_silent_node_had_when_its_lease_is_over()
    {
        var ledger = Open();
        var share = Only(Ask(ledger, "a", wanted: 2));
        _now += Lease - TimeSpan.FromSeconds(1);
        Assert.Equal(0, Of(Ask(ledger, "b", wanted: 2), "b").Connections);
        _now += TimeSpan.FromSeconds(1);
        Assert.Equal(2, Only(ledger.Tick(_now)).Connections);
        Assert.Equal(2, share.Connections);
    }

    [Fact]
    public void Takes_back_what_a_node_kept_beyond_its_lease()
    {
        var ledger = Open();
        Ask(ledger, "a", wanted: 2);
        _now += Lease;
        Assert.Equal(2, Of(Ask(ledger, "b", wanted: 2), "b").Connections);

        var share = Of(Ask(ledger, "a", wanted: 2, ceiling: 2, seen: 1), "a");

        Assert.Equal(0, share.Connections);
    }

    [Fact]
    public void Takes_turns_where_there_are_more_nodes_than_connections()
    {
        _limits = _limits with { Connections = 1 };
        var ledger = Open();
        var nodes = new Dictionary<string, Node> { ["a"] = new(), ["b"] = new(), ["c"] = new() };
        for (var i = 0; i < 600; i++)
        {
            _now += TimeSpan.FromMilliseconds(100);
            foreach (var (name, node) in nodes) node.Obey(Ask(ledger, name, 1, node.Has, node.Seen), nodes);
            Assert.InRange(nodes.Values.Sum(n => n.Has), 0, 1);
            foreach (var node in nodes.Values) node.Served += node.Has;
        }
        // 60 s, of which each should have about 20; half of it is not starving.
        Assert.All(nodes.Values, n => Assert.True(n.Served > 100, $"{n.Served} of 600"));
    }

    [Fact]
    public void Tokens_keep_the_rate_and_go_round()
    {
        _limits = new SiteLimits { Connections = 20, MessageRate = new Rate(100, TimeSpan.FromMinutes(1)) };
        var ledger = Open();
        var given = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0, ["c"] = 0 };
        var end = _now + TimeSpan.FromMinutes(2);
        while (_now < end)
        {
            foreach (var name in given.Keys.ToList())
                foreach (var share in Ask(ledger, name, wanted: 5, ceiling: 5, messages: 50)) given[share.Holder] += share.Messages;
            _now = Later(ledger.NextChange!.Value, _now + TimeSpan.FromMilliseconds(10));
            foreach (var share in ledger.Tick(_now)) given[share.Holder] += share.Messages;
        }
        // A burst of a tenth, then 100 a minute.
        Assert.InRange(given.Values.Sum(), 195, 212);
        Assert.All(given.Values, g => Assert.InRange(g, 50, 90));
    }

    [Fact]
    public void Forgets_a_node_that_needs_nothing()
    {
        var ledger = Open();
        var share = Only(Ask(ledger, "a", wanted: 1));
        Ask(ledger, "a", wanted: 0, ceiling: 0, seen: share.Serial);
        Assert.True(ledger.IsIdle);
        Assert.Null(ledger.NextChange);
    }

    /// <summary>
    /// Nodes that ask at random, whose questions and answers are late or lost, that fall silent and come back under another name, and a
    /// ledger that is lost now and then: whatever happens, what all of them use is within the limit.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Never_gives_more_than_there_is(int seed)
    {
        var random = new Random(seed);
        _limits = new SiteLimits { Connections = 1 + seed };
        var ledger = Open();
        var nodes = new List<(string Name, Node Node)>();
        var answers = new List<(DateTimeOffset At, SiteShare Share)>();
        var questions = new List<(DateTimeOffset At, SiteWant Want)>();
        var served = 0;
        for (var i = 0; i < 10_000; i++)
        {
            _now += TimeSpan.FromMilliseconds(random.Next(1, 60));
            while (nodes.Count < 4) nodes.Add(($"n{i}-{nodes.Count}", new Node()));
            // A node dies, and with it what it had open: only its lease says so to the ledger.
            if (random.Next(400) == 0) nodes.RemoveAt(random.Next(nodes.Count));
            if (random.Next(1500) == 0)
            {
                ledger = new SiteLedger(_now, Lease);
                questions.Clear();
            }
            var (name, node) = nodes[random.Next(nodes.Count)];
            var wanted = random.Next(0, 8);
            if (node.Usable(_now) == 0) node.Has = 0;
            node.Has = Math.Min(node.Has, Math.Max(wanted, node.Open = random.Next(0, node.Usable(_now) + 1)));
            var want = new SiteWant(name, _limits, wanted, Math.Max(node.Has, node.Open), node.Seen, 0, 0, _now);
            if (random.Next(10) > 0) questions.Add((_now + TimeSpan.FromMilliseconds(random.Next(0, 50)), want));
            foreach (var question in questions.Where(q => q.At <= _now).ToList())
            {
                questions.Remove(question);
                foreach (var share in ledger.Take(question.Want, _now))
                    if (random.Next(10) > 0) answers.Add((_now + TimeSpan.FromMilliseconds(random.Next(0, 50)), share));
            }
            foreach (var share in ledger.Tick(_now)) answers.Add((_now, share));
            foreach (var answer in answers.Where(a => a.At <= _now).ToList())
            {
                answers.Remove(answer);
                nodes.Find(n => n.Name == answer.Share.Holder).Node?.Obey(answer.Share);
            }
            var used = nodes.Sum(n => n.Node.Usable(_now));
            Assert.True(used <= _limits.Connections, $"{used} of {_limits.Connections} after {i} steps");
            served += used;
        }
        Assert.True(served > 500, "nobody got anything");
    }

    /// <summary>A node's side of it, as Engine's SiteStake has it.</summary>
    private sealed class Node
    {
        public int Has { get; set; }
        public int Open { get; set; }
        public long Seen { get; private set; }
        public int Served { get; set; }
        private DateTimeOffset _until;

        public int Usable(DateTimeOffset now) => now < _until ? Has : 0;

        public void Obey(SiteShare share)
        {
            if (share.Serial <= Seen) return;
            (Seen, Has) = (share.Serial, share.Connections);
            var until = share.Answers + Lease * 0.9;
            if (until > _until) _until = until;
        }

        public void Obey(IEnumerable<SiteShare> shares, Dictionary<string, Node> all)
        {
            foreach (var share in shares) all[share.Holder].Obey(share);
        }
    }

    private SiteLedger Open()
    {
        return new SiteLedger(_now - Lease, Lease);
    }

    private IReadOnlyList<SiteShare> Ask(SiteLedger ledger, string name, int wanted, int ceiling = 0, long seen = 0, int messages = 0) =>
        ledger.Take(new SiteWant(name, _limits, wanted, ceiling, seen, messages, 0, _now), _now);

    private static SiteShare Only(IEnumerable<SiteShare> shares) => Assert.Single(shares);

    private static SiteShare Of(IEnumerable<SiteShare> shares, string name) => Assert.Single(shares, s => s.Holder == name);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
