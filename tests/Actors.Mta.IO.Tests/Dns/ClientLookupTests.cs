using System.Net;
using System.Text;
using Actors.Mta.IO.Dns;
using static Actors.Mta.IO.Tests.Dns.ScriptedDnsServer;

namespace Actors.Mta.IO.Tests.Dns;

public sealed class ClientLookupTests
{
    private const ushort Ptr = 12, Txt = 16;
    private static readonly IPAddress Client = IPAddress.Parse("192.0.2.7");

    private static DnsOptions OneTry(ScriptedDnsServer server) => new() { Servers = [server.Endpoint], Timeout = TimeSpan.FromSeconds(2), Retries = 0 };

    private static byte[] Text(string name, params string[] words) =>
        Record(name, Txt, [.. words.SelectMany(w => Encoding.UTF8.GetBytes(w).Prepend((byte)w.Length))]);

    /// <summary>A list with one client, and the test points of RFC 5782 5.</summary>
    private static byte[] List(DnsAsked asked) => (asked.Name, asked.Type) switch
    {
        ("7.2.0.192.bl.test", A) => Answer(asked, answers: [Address(asked.Name, "127.0.0.2"), Address(asked.Name, "127.0.0.9")]),
        ("7.2.0.192.bl.test", Txt) => Answer(asked, answers: [Text(asked.Name, "Listed, ", "see bl.test")]),
        ("2.0.0.127.bl.test", A) => Answer(asked, answers: [Address(asked.Name, "127.0.0.2")]),
        _ => Answer(asked, 3),
    };

    [Fact]
    public async Task Tells_the_answers_and_the_text_of_a_list()
    {
        await using var server = new ScriptedDnsServer(List);
        var lookup = new ClientLookup(OneTry(server));
        var listed = Assert.IsType<DnsListAnswer.Listed>(await lookup.FindInListAsync("bl.test", Client, default));
        Assert.Equal(["127.0.0.2", "127.0.0.9"], listed.Codes.Select(c => c.ToString()));
        Assert.Equal("Listed, see bl.test", listed.Text);
        Assert.IsType<DnsListAnswer.NotListed>(await lookup.FindInListAsync("bl.test", IPAddress.Parse("192.0.2.8"), default));
    }

    [Fact]
    public async Task Does_not_let_questions_pile_up_while_a_server_hangs()
    {
        await using var server = new ScriptedDnsServer(_ => null);
        var lookup = new ClientLookup(OneTry(server) with { Timeout = TimeSpan.FromMinutes(1) }, mostWaiting: 1);
        var pending = Enumerable.Range(0, 257).Select(i => lookup.FindInListAsync("bl.test", new IPAddress([10, 0, (byte)(i >> 8), (byte)i]), default)).ToList();

        var failed = Assert.IsType<DnsListAnswer.Failed>(await lookup.FindInListAsync("bl.test", Client, default));

        Assert.Contains("too many questions are waiting", failed.Reason);
        Assert.DoesNotContain(pending, p => p.IsCompleted);
    }

    [Fact]
    public async Task Keeps_answers_for_their_time()
    {
        var time = new ManualTime();
        await using var server = new ScriptedDnsServer(List);
        var lookup = new ClientLookup(OneTry(server), time);
        for (var i = 0; i < 3; i++) await lookup.FindInListAsync("bl.test", Client, default);
        Assert.Equal(2, server.Asked.Count);
        time.Advance(TimeSpan.FromSeconds(301));
        await lookup.FindInListAsync("bl.test", Client, default);
        Assert.Equal(4, server.Asked.Count);
    }

    [Fact]
    public async Task Takes_a_list_without_text_and_one_that_does_not_answer()
    {
        await using var server = new ScriptedDnsServer(asked => asked.Type == A && asked.Name.EndsWith("plain.test", StringComparison.Ordinal)
            ? Answer(asked, answers: [Address(asked.Name, "127.0.0.2")])
            : Answer(asked, asked.Name.EndsWith("plain.test", StringComparison.Ordinal) ? 0 : 2));
        var lookup = new ClientLookup(OneTry(server));
        Assert.Null(Assert.IsType<DnsListAnswer.Listed>(await lookup.FindInListAsync("plain.test", Client, default)).Text);
        Assert.IsType<DnsListAnswer.Failed>(await lookup.FindInListAsync("broken.test", Client, default));
    }

    [Theory]
    [InlineData("bl.test", null)]
    [InlineData("none.test", "does not list its test point")]
    [InlineData("everyone.test", "lists 127.0.0.1: it lists everyone")]
    [InlineData("complaint.test", "answers 127.255.255.254 for its test point")]
    [InlineData("broken.test", "SERVFAIL")]
    public async Task Tries_a_list_with_its_test_points(string zone, string? problem)
    {
        await using var server = new ScriptedDnsServer(asked => asked switch
        {
            { Type: A } when asked.Name.EndsWith("everyone.test", StringComparison.Ordinal) => Answer(asked, answers: [Address(asked.Name, "127.0.0.2")]),
            { Type: A } when asked.Name.EndsWith("complaint.test", StringComparison.Ordinal) => Answer(asked, answers: [Address(asked.Name, "127.255.255.254")]),
            _ when asked.Name.EndsWith("broken.test", StringComparison.Ordinal) => Answer(asked, 2),
            _ => List(asked),
        });
        var found = await new ClientLookup(OneTry(server)).TryListAsync(zone, default);
        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found);
    }

    [Theory]
    [InlineData("192.0.2.7", "mx.example.test")]
    [InlineData("::ffff:192.0.2.7", "mx.example.test")]
    [InlineData("2001:db8::7", "mx.example.test")]
    [InlineData("192.0.2.8", null)]
    [InlineData("192.0.2.9", null)]
    public async Task A_name_counts_when_it_leads_back(string client, string? host)
    {
        await using var server = new ScriptedDnsServer(asked => (asked.Name, asked.Type) switch
        {
            // Two names, one of which is a lie.
            ("7.2.0.192.in-addr.arpa", Ptr) => Answer(asked, answers: [Record(asked.Name, Ptr, Name("bank.test")), Record(asked.Name, Ptr, Name("MX.example.test"))]),
            ("7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", Ptr) => Answer(asked, answers: [Record(asked.Name, Ptr, Name("mx.example.test"))]),
            ("8.2.0.192.in-addr.arpa", Ptr) => Answer(asked, answers: [Record(asked.Name, Ptr, Name("mx.example.test"))]),
            ("mx.example.test" or "MX.example.test", A) => Answer(asked, answers: [Address(asked.Name, "192.0.2.7")]),
            ("mx.example.test" or "MX.example.test", Aaaa) => Answer(asked, answers: [Address(asked.Name, "2001:db8::7")]),
            ("bank.test", A) => Answer(asked, answers: [Address(asked.Name, "192.0.2.200")]),
            ("bank.test", _) => Answer(asked, authoritative: true),
            _ => Answer(asked, 3),
        });
        var name = await new ClientLookup(OneTry(server)).FindNameAsync(IPAddress.Parse(client), default);
        Assert.Equal((host, false), (name.Host, name.FailureIsTemporary));
    }

    [Fact]
    public async Task A_look_up_that_fails_says_nothing_about_the_client()
    {
        await using var broken = new ScriptedDnsServer(asked => Answer(asked, 2));
        Assert.True((await new ClientLookup(OneTry(broken)).FindNameAsync(Client, default)).FailureIsTemporary);
        await using var half = new ScriptedDnsServer(asked =>
            asked.Type == Ptr ? Answer(asked, answers: [Record(asked.Name, Ptr, Name("mx.example.test"))]) : Answer(asked, 2));
        Assert.True((await new ClientLookup(OneTry(half)).FindNameAsync(Client, default)).FailureIsTemporary);
    }
}
