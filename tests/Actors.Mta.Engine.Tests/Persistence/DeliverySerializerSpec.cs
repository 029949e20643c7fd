using System.Collections.Immutable;
using System.Runtime.Serialization;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Events;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Persistence;

namespace Actors.Mta.Engine.Tests.Persistence;

public sealed class DeliverySerializerSpec
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, 123, TimeSpan.Zero);
    private static readonly ImmutableArray<QueuedMessage> Messages = QueueSamples.GoldenSnapshot.Messages;
    private static readonly MessageId Id = Messages[0].Envelope.Id;
    private static readonly QueueKey Key = Messages[1].Key;
    private static readonly DeliveryProtocol.SiteStatus Standing = new(
        "mx.example.test|mx2.example.test", "node1.example.test", 3, 2, 20, 4, "100/min", "5/s", 77, 2, "the site refused one more connection", Noon);
    private readonly DeliverySerializer _serializer = new(null!);

    /// <summary>One of each kind, by manifest.</summary>
    private static readonly Dictionary<string, object> Samples = new()
    {
        ["en1"] = new DeliveryProtocol.Enqueue(7, Id, Messages, Tentative: true, Again: true),
        ["ed1"] = new DeliveryProtocol.Enqueued(7, Id),
        ["re1"] = new DeliveryProtocol.Refused(7, Id, SmtpReply.Of(452, "4.3.1", "Queue is busy, try again later")),
        ["co1"] = new DeliveryProtocol.Confirm(7, Id),
        ["wi1"] = new DeliveryProtocol.Withdraw(7, [Key, Messages[0].Key]),
        ["nq1"] = new DeliveryProtocol.NotificationQueued(7, Key, [0, 2], DsnAction.Failed),
        ["qu1"] = new DeliveryProtocol.Query(7, new DeliveryProtocol.GetMessages(new QueueSearch { Domain = Key.Domain, Id = Id }, 100)),
        ["qu2"] = new DeliveryProtocol.Query(7, new DeliveryProtocol.GetMessages(new QueueSearch { Tenant = "acme", Campaign = "" }, 100)),
        ["ho1"] = new DeliveryProtocol.Holds([new(new Hold("h1", new QueueSearch { Tenant = "acme" }, "why", Noon, null), 12)]),
        ["fl1"] = new DeliveryProtocol.Flushed(12),
        ["ms1"] = new DeliveryProtocol.Messages([
            new(Messages[0], QueuePlace.Ready, "domain example.test", "waits for a connection", Noon),
            new(Messages[1], QueuePlace.Delivering, "message", "an attempt is under way", null)]),
        ["cs1"] = new DeliveryProtocol.Counts(5, 6, 1, 2, 3, 0, Noon),
        ["ow1"] = new DeliveryProtocol.Owned(7, [Id, Key.Id]),
        ["un1"] = new DeliveryProtocol.Unavailable(7, "it is being taken over"),
        ["ac1"] = new DeliveryProtocol.Acted(12, 3),
        ["do1"] = new DeliveryProtocol.DomainStatus(
            Key.Domain, 7, "node1.example.test", new(1, 2, 3, 4, 5, 6, 0), Noon, Noon.AddMinutes(5), "451 4.7.1 later", "mx.example.test", "mx.example.test, mx2.example.test",
            "MX look-up is under way", Noon.AddMinutes(1), Standing, ""),
        ["dm1"] = new DeliveryProtocol.Domains([new(Key.Domain, 7, "node1.example.test", new(0, 2, 0, 0, 0, 0, 0), Noon, null, "", "", "", "", null, null, "")], 12),
        ["si1"] = new DeliveryProtocol.Sites([Standing, Standing with { Node = "node2.example.test", Share = null, Until = null }]),
        ["tf1"] = new TraceActor.Find("bob@example.test", Noon, 200),
        ["ta1"] = new TraceActor.Found(["{}"], "off"),
        ["sw1"] = new SiteProtocol.AskLedger(new SiteName("mx.example.test"), new SiteWant(
            "holder", new SiteLimits { Connections = 2, MessageRate = new Rate(100, TimeSpan.FromMinutes(1)) }, 3, 1, 77, 4, 5, Noon)),
        ["ss1"] = new SiteProtocol.LedgerAnswer(new SiteShare("holder", 78, 2, 4, 1, Noon)),
        ["sr1"] = new SiteProtocol.Report(new SiteName("mx.example.test"), 77),
        ["sd1"] = new SiteProtocol.Reported(new SiteName("mx.example.test")),
    };

    public static TheoryData<string> Manifests => [.. Samples.Keys];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Writes_and_reads_the_octets_of_the_first_release(string manifest)
    {
        var record = Samples[manifest];
        Assert.Equal(manifest, _serializer.Manifest(record));
        var octets = _serializer.ToBinary(record);
        Assert.Equal(Golden(manifest), Convert.ToHexString(octets));
        Assert.Equal(Describe(record), Describe(_serializer.FromBinary(Convert.FromHexString(Golden(manifest)), manifest)));
    }

    [Fact]
    public void Knows_all_that_reception_and_operators_say_to_partitions()
    {
        var said = typeof(DeliveryProtocol).GetNestedTypes().Where(t => t is { IsClass: true } && !typeof(DeliveryProtocol.IQuestion).IsAssignableFrom(t));
        // These travel within others only.
        Assert.Empty(said.Except(Samples.Values.Select(s => s.GetType())).Select(t => t.Name).Except(["MessageStatus", "SiteStatus", "HoldStatus"]));
    }

    [Fact]
    public void Carries_every_question()
    {
        foreach (DeliveryProtocol.IQuestion question in (DeliveryProtocol.IQuestion[])
            [new DeliveryProtocol.Flush(null), new DeliveryProtocol.Flush(Key.Domain), DeliveryProtocol.GetCounts.Instance,
             new DeliveryProtocol.GetMessages(QueueSearch.All, int.MaxValue),
             new DeliveryProtocol.GetMessages(new QueueSearch { Sender = "", Recipient = "*@example.test", Reply = "4.7.1", ArrivedBefore = Noon }, 5), new DeliveryProtocol.GetOwned([Id]),
             new DeliveryProtocol.GetDomain(Key.Domain), new DeliveryProtocol.GetSites("mx.example.test"),
             new DeliveryProtocol.Act(QueueAction.Remove, QueueSearch.All, "", true), new DeliveryProtocol.Act(QueueAction.Bounce, new QueueSearch { Id = Id }, "spam", false),
             new DeliveryProtocol.SetHold(new Hold("h1", new QueueSearch { Tenant = "acme", Campaign = "" }, "why", Noon, Noon.AddHours(1))), new DeliveryProtocol.LiftHold("h1"),
             DeliveryProtocol.GetHolds.Instance, new DeliveryProtocol.GetDomains(20, QueueSearch.All), new DeliveryProtocol.GetDomains(20, new QueueSearch { Tenant = "acme" })])
        {
            var query = new DeliveryProtocol.Query(3, question);
            Assert.Equal(Describe(query), Describe(_serializer.FromBinary(_serializer.ToBinary(query), "qu1")));
        }
        var questions = typeof(DeliveryProtocol).GetNestedTypes().Where(t => t.IsClass && typeof(DeliveryProtocol.IQuestion).IsAssignableFrom(t));
        Assert.Equal(11, questions.Count());
    }

    // These came after the octets of the first release were fixed.
    [Fact]
    public void Carries_what_is_held_and_what_is_still_to_be_done()
    {
        foreach (var (answer, manifest) in ((object, string)[])
            [(new DeliveryProtocol.Counts(5, 6, 1, 2, 3, 4, Noon) { ToDo = 9 }, "cs1"),
             (((DeliveryProtocol.DomainStatus)Samples["do1"]) with { Counts = new(1, 2, 3, 4, 5, 6, 7), Hold = "h1" }, "do1")])
            Assert.Equal(Describe(answer), Describe(_serializer.FromBinary(_serializer.ToBinary(answer), manifest)));
    }

    // What is not would be refused between nodes, however well it is written here.
    [Fact]
    public void Everything_that_it_knows_is_bound_to_it_in_a_cluster() => Assert.Empty(Samples.Values.Select(s => s.GetType()).Except(ClusterConfig.DeliveryProtocolTypes));

    // A version that knows no tenants would remove, or return, everything.
    [Fact]
    public void A_question_about_tenants_is_not_one_that_older_nodes_misread()
    {
        foreach (var which in (QueueSearch[])[new() { Tenant = "acme" }, new() { Campaign = "" }])
            Assert.Equal("qu2", _serializer.Manifest(new DeliveryProtocol.Query(3, new DeliveryProtocol.Act(QueueAction.Remove, which, "", false))));
        Assert.Equal("qu1", _serializer.Manifest(new DeliveryProtocol.Query(3, new DeliveryProtocol.Act(QueueAction.Remove, QueueSearch.All, "", false))));
    }

    [Fact]
    public void Keeps_its_identifier() => Assert.Equal(2527, _serializer.Identifier);

    [Theory]
    [InlineData("en9", "", "'en9'")]
    [InlineData("en1", "0A", "damaged 'en1' of 1 octets")]
    [InlineData("qu1", "0807", "question that this version does not know")]
    [InlineData("re1", "0807", "reply 1 of 0")]
    public void Refuses_what_it_does_not_understand(string manifest, string octets, string named)
    {
        var e = Assert.ThrowsAny<Exception>(() => _serializer.FromBinary(Convert.FromHexString(octets), manifest));
        Assert.Contains(named, e.Message);
        Assert.IsType<SerializationException>(e);
    }

    [Fact]
    public void Refuses_to_write_what_stays_on_a_node() => Assert.Throws<ArgumentException>(() => _serializer.ToBinary(PartitionProtocol.Drain.Instance));

    private static string Golden(string manifest) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "wire", manifest + ".hex")).ReplaceLineEndings("");

    private static string Describe(object record) => record switch
    {
        DeliveryProtocol.Enqueue e => $"{e with { Messages = [] }}{QueueSamples.Describe(new QueueSnapshot(e.Messages))}",
        DeliveryProtocol.Messages m => string.Join('\n', m.All.Select(s => $"{s.Place} {s.Owner} {s.Reason} {s.Deadline}")) + QueueSamples.Describe(new QueueSnapshot([.. m.All.Select(s => s.Message)])),
        DeliveryProtocol.Withdraw w => $"{w.Partition} {string.Join(',', w.Keys)}",
        DeliveryProtocol.NotificationQueued n => $"{n with { Ordinals = [] }}{string.Join(',', n.Ordinals)}",
        TraceActor.Found f => $"{string.Join('\n', f.Lines)} {f.Silence}",
        DeliveryProtocol.Holds h => string.Join('\n', h.All),
        DeliveryProtocol.Domains d => $"{string.Join('\n', d.All)} {d.Count}",
        DeliveryProtocol.Sites s => string.Join('\n', s.All),
        DeliveryProtocol.Owned o => $"{o.Partition} {string.Join(',', o.Ids)}",
        DeliveryProtocol.Query { Question: DeliveryProtocol.GetOwned o } q => $"{q.Partition} {string.Join(',', o.Ids)}",
        _ => record.ToString()!,
    };
}
