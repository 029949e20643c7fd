using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Reputation;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Checks;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Dns;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Actors.Mta.Engine.Tests.Checks;

public sealed class ReceptionChecksSpecs : TestKit
{
    private static readonly Recipient Bob = new(EmailAddress.Parse("bob@local.test"));
    private static readonly EmailAddress Sender = EmailAddress.Parse("a@elsewhere.test");

    private readonly ScriptedClients _clients = new();
    private readonly ScriptedResolver _mx = new();
    private readonly RecordingLog _log = new();
    private readonly Clock _clock = new();

    private CheckParts Parts(CheckSettings settings, IActorRef? greylist = null) =>
        new(settings, "mx.local.test", d => d.Value == "local.test", _mx, _clients, greylist, _clock, _log);

    private IClientChecks Begin(CheckSettings settings, string client = "192.0.2.7", string? host = null, IActorRef? greylist = null) =>
        new ReceptionChecks(Parts(settings, greylist)).Begin(
            new SessionFacts(new IPEndPoint(IPAddress.Parse(client), 4000), new IPEndPoint(IPAddress.Loopback, 25), "relay") { ClientHost = host });

    private static CheckSettings Lists(params DnsList[] lists) => new()
    {
        Timeout = TimeSpan.FromMilliseconds(200),
        DnsLists = new DnsListSettings { Lists = [.. lists], Threshold = 2 },
    };

    private void IsListed(string zone, string? text = null, string code = "127.0.0.2") =>
        _clients.Lists[zone] = new DnsListAnswer.Listed([IPAddress.Parse(code)], text);

    private static async Task<string?> Mail(IClientChecks checks, string? helo = "client.example.test", EmailAddress? sender = null) =>
        (await checks.OnMailAsync(helo, sender ?? Sender, CancellationToken.None))?.ToString();

    private static async Task<string?> Rcpt(IClientChecks checks) => (await checks.OnRecipientAsync(Sender, Bob, CancellationToken.None))?.ToString();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::ffff:127.0.0.9")]
    [InlineData("::1")]
    public async Task Clients_on_this_machine_are_asked_nothing(string client)
    {
        IsListed("bl.test");
        _mx["elsewhere.test"] = new MxAnswer.NullMx(TimeSpan.Zero);
        var checks = Begin(Lists(new DnsList("bl.test", 9, [])) with { Helo = CheckAction.Refuse }, client);
        Assert.Null(await Mail(checks, helo: "localhost"));
        Assert.Null(await Rcpt(checks));
        Assert.Null(await checks.ClientHost);
        Assert.Empty(_clients.Asked);
    }

    [Fact]
    public async Task By_default_only_the_domain_of_the_sender_is_looked_at()
    {
        _clients.Name = new ClientName(null);
        var checks = Begin(new CheckSettings());
        Assert.Null(await Mail(checks, helo: "localhost"));
        Assert.Null(await Rcpt(checks));
        Assert.Equal(1, _mx.Asked);
        _mx["elsewhere.test"] = new MxAnswer.NullMx(TimeSpan.Zero);
        Assert.Equal("550 5.7.27 Sender address has null MX", await Mail(checks));
        _mx["elsewhere.test"] = new MxAnswer.TemporaryFailure("SERVFAIL");
        Assert.StartsWith("450 4.1.8", await Mail(checks));
        Assert.Null(await Mail(checks, sender: EmailAddress.Null));
        Assert.Null(await Mail(checks, sender: EmailAddress.Parse("x@local.test")));
        Assert.Equal(3, _mx.Asked);
    }

    [Fact]
    public async Task Helo_and_name_are_refused_when_they_are_to_be()
    {
        var settings = new CheckSettings { Helo = CheckAction.Refuse, ClientName = CheckAction.Refuse };
        Assert.StartsWith("504 5.5.2", await Mail(Begin(settings), helo: "localhost"));
        Assert.StartsWith("550 5.7.1", await Mail(Begin(settings), helo: "MX.local.test"));
        Assert.Null(await Mail(Begin(settings)));
        _clients.Name = new ClientName(null);
        Assert.StartsWith("550 5.7.25", await Mail(Begin(settings)));
        // NAME=[UNAVAILABLE]: the proxy knows none either.
        Assert.StartsWith("550 5.7.25", await Mail(Begin(settings, host: "")));
        Assert.Null(await Mail(Begin(settings, host: "said.by.proxy.test")));
        _clients.Name = new ClientName(null, FailureIsTemporary: true);
        Assert.Null(await Mail(Begin(settings)));
    }

    [Fact]
    public async Task The_confirmed_name_is_there_for_the_trace()
    {
        Assert.Equal("client.example.test", await Begin(new CheckSettings()).ClientHost);
        Assert.Equal("said.by.proxy.test", await Begin(new CheckSettings(), host: "said.by.proxy.test").ClientHost);
    }

    [Fact]
    public async Task Warnings_refuse_nothing_and_are_told()
    {
        var checks = Begin(new CheckSettings { Helo = CheckAction.Warn });
        Assert.Null(await Mail(checks, helo: "localhost"));
        Assert.Equal(1, _log.Count("would refuse helo client=192.0.2.7 from=<a@elsewhere.test>"));
    }

    [Fact]
    public async Task Lists_are_asked_when_the_client_connects_and_summed_up_at_RCPT()
    {
        IsListed("heavy.test", "go away");
        IsListed("light.test");
        IsListed("good.test");
        DnsList heavy = new("heavy.test", 2, []), light = new("light.test", 1, []), good = new("good.test", -2, []);
        var checks = Begin(Lists(light, heavy));
        Assert.Equal(["light.test", "heavy.test"], _clients.Asked);
        Assert.Null(await Mail(checks));
        Assert.Equal("554 5.7.1 Service unavailable; client [192.0.2.7] blocked using heavy.test; go away", await Rcpt(checks));
        Assert.StartsWith("554 5.7.1", await Rcpt(checks));
        Assert.Equal(2, _clients.Asked.Count);
        Assert.Null(await Rcpt(Begin(Lists(light))));
        Assert.Null(await Rcpt(Begin(Lists(light, heavy, good))));
        Assert.True(ReturnCodes.TryParse("127.0.0.9", out var nine));
        Assert.Null(await Rcpt(Begin(Lists(heavy with { Codes = [nine] }))));
    }

    [Fact]
    public async Task A_list_that_is_silent_or_fails_lets_pass_and_the_others_count()
    {
        DnsList silent = new("silent.test", 5, []), failing = new("failing.test", 5, []), heavy = new("heavy.test", 2, []);
        _clients.Lists["failing.test"] = new DnsListAnswer.Failed("SERVFAIL");
        Assert.Null(await Rcpt(Begin(Lists(silent, failing))));
        IsListed("heavy.test");
        Assert.StartsWith("554 5.7.1", await Rcpt(Begin(Lists(silent, heavy))));
    }

    [Fact]
    public async Task The_greylist_makes_strangers_wait_but_not_who_is_on_a_list_of_good_clients()
    {
        var settings = Lists(new DnsList("good.test", -1, [])) with { Greylist = new GreylistSettings { Action = CheckAction.Refuse } };
        var table = CreateTestProbe();
        var checks = Begin(settings, greylist: table);
        var asked = Rcpt(checks);
        Assert.Equal(new Triplet("192.0.2.0/24", "a@elsewhere.test", "bob@local.test"), (await table.ExpectMsgAsync<GreylistActor.Attempt>()).Triplet);
        table.Reply(new GreylistActor.Answer(TimeSpan.FromSeconds(300)));
        Assert.Equal("450 4.7.1 Greylisted, come back in 300 seconds", await asked);
        IsListed("good.test");
        Assert.Null(await Rcpt(Begin(settings, greylist: table)));
    }

    [Fact]
    public async Task A_greylist_that_does_not_answer_lets_pass()
    {
        var settings = new CheckSettings { Timeout = TimeSpan.FromMilliseconds(100), Greylist = new GreylistSettings { Action = CheckAction.Refuse } };
        Assert.Null(await Rcpt(Begin(settings, greylist: CreateTestProbe())));
        Assert.Equal(1, _log.Count("check greylist not made"));
    }

    [Fact]
    public async Task Refusals_and_look_ups_are_counted()
    {
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == ReceptionMeter.Name) self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = $"{instrument.Name} {string.Join(' ', tags.ToArray().Select(t => $"{t.Value}"))}";
            lock (counts) counts[name] = counts.GetValueOrDefault(name) + value;
        });
        listener.Start();
        IsListed("counted.test");
        Assert.NotNull(await Rcpt(Begin(Lists(new DnsList("counted.test", 2, []), new DnsList("silent.counted.test", 2, [])))));
        lock (counts)
        {
            Assert.True(counts["mta.reception.refusals dns-lists"] >= 1);
            Assert.Equal(1, counts["mta.checks.lookups counted.test listed"]);
            Assert.Equal(1, counts["mta.checks.lookups silent.counted.test timeout"]);
        }
    }
}
