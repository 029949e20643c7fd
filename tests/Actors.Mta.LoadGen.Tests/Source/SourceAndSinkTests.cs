using System.Net;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;
using Actors.Mta.LoadGen.Reports;
using Actors.Mta.LoadGen.Sink;
using Actors.Mta.LoadGen.Source;

namespace Actors.Mta.LoadGen.Tests.Source;

/// <summary>Both sides of the witness against each other, over loopback.</summary>
public sealed class SourceAndSinkTests
{
    private static readonly RunId Run = RunId.Create();
    private static readonly Personality Plain = new() { Name = "plain", Listen = [new IPEndPoint(IPAddress.Loopback, 0)] };

    [Theory]
    [InlineData(1, false, false, SourceTls.None)]
    [InlineData(0, false, false, SourceTls.None)]
    [InlineData(7, true, false, SourceTls.None)]
    [InlineData(0, true, true, SourceTls.None)]
    [InlineData(0, false, true, SourceTls.None)]
    [InlineData(5, true, false, SourceTls.StartTls)]
    public async Task Whatever_way_it_goes_each_copy_arrives_once_and_intact(int perConnection, bool pipelining, bool chunking, SourceTls tls)
    {
        var account = await SendAsync(Plain with { StartTls = StartTlsBehaviour.Works },
            o => o with { PerConnection = perConnection, Pipelining = pipelining, Chunking = chunking, Tls = tls, Recipients = Count("1:5,3:5"), Messages = 200 });
        Assert.True(account.Accepted >= 200);
        Assert.Equal(account with { Delivered = account.Accepted, Bounced = 0, Queued = 0, Lost = 0, Duplicated = 0, Damaged = 0, Unaccounted = 0 }, account);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refused_recipients_are_no_accepted_copies(bool pipelining)
    {
        var ledger = new SourceLedger();
        var account = await SendAsync(Plain with { UnknownUsers = 0.3 }, o => o with { Messages = 300, Recipients = Count("2"), PerConnection = 0, Pipelining = pipelining }, ledger);
        Assert.Equal(600, ledger.AcceptedCopies + ledger.RefusedCopies);
        Assert.InRange(ledger.RefusedCopies, 120, 240);
        Assert.Equal((account.Accepted, 0, 0), (account.Delivered, account.Lost, account.Unaccounted));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_connection_lost_after_the_dot_leaves_copies_in_doubt_and_none_lost(bool pipelining, bool chunking)
    {
        var ledger = new SourceLedger();
        // Some recipients are refused before: that is no last word on the others.
        var account = await SendAsync(Plain with { DropAfterDot = 0.2, UnknownUsers = 0.2 },
            o => o with { Messages = 200, PerConnection = 0, Pipelining = pipelining, Chunking = chunking, Recipients = Count("3") }, ledger);
        Assert.True(ledger.InDoubtCopies > 0);
        Assert.Equal(600, ledger.InDoubtCopies + ledger.AcceptedCopies + ledger.RefusedCopies);
        // About a fifth of what no recipient refused; a message that was lost as a whole may have no refusal counted.
        Assert.InRange(ledger.InDoubtCopies, 40, 200);
        Assert.Equal((0, 0), (account.Lost, account.Unaccounted));
    }

    [Fact]
    public async Task A_limit_is_met_by_its_reply_and_seen_on_both_sides()
    {
        var ledger = new SourceLedger();
        await SendAsync(Plain with { MessagesPerConnection = 10 }, o => o with { Messages = 100, Sessions = 1, PerConnection = 0 }, ledger);
        Assert.Contains(ledger.Replies.Counts, c => c.Word == "421");
        Assert.Equal(100, ledger.AcceptedCopies + ledger.RefusedCopies);
    }

    [Fact]
    public async Task Nobody_listening_is_counted_and_not_thrown()
    {
        var ledger = new SourceLedger();
        await new LoadSource(Options(new IPEndPoint(IPAddress.Loopback, 1)) with { Messages = 3, Sessions = 1 }, ledger, new CopyNumbers()).RunAsync(default);
        Assert.Equal((0, 3), (ledger.AcceptedCopies, ledger.RefusedCopies));
        Assert.Contains(ledger.Replies.Counts, c => c is { Word: "ConnectionRefused", Count: 3 });
    }

    private static async Task<Account> SendAsync(Personality personality, Func<SourceOptions, SourceOptions> how, SourceLedger? ledger = null)
    {
        await using var sink = LoadSink.Start(new SinkOptions { Hosts = [personality] });
        var source = new LoadSource(how(Options(sink.Endpoints[0])), ledger ?? new SourceLedger(), new CopyNumbers());
        await source.RunAsync(default);
        return Accounting.Of([Records.Of(source.Options, source.Ledger, 1)], Records.Of(sink.Ledger, sink.Ledger.Of(Run)!, 1), []);
    }

    private static SourceOptions Options(IPEndPoint target) => new()
    {
        Run = Run,
        Targets = [target],
        Sessions = 4,
        Domains = DomainPicker.Of(["d{1..3}.test"], 0),
        Patience = TimeSpan.FromSeconds(60),
    };

    private static Distribution Count(string text) => Distribution.TryParse(text, Quantities.Count, out var counts) ? counts : throw new FormatException();
}
