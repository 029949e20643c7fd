using System.Runtime.Serialization;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Persistence;
using FsCheck.Xunit;

namespace Actors.Mta.Engine.Tests.Persistence;

public sealed class QueueSerializerSpec
{
    private readonly QueueSerializer _serializer = new(null!);

    [Property(MaxTest = 500)]
    public void A_batch_of_events_comes_back_as_it_was(int seed) => RoundTrips(QueueSamples.RandomBatch(new Random(seed)));

    [Property(MaxTest = 500)]
    public void A_snapshot_comes_back_as_it_was(int seed) => RoundTrips(QueueSamples.RandomSnapshot(new Random(seed)));

    [Fact]
    public void An_empty_batch_and_an_empty_snapshot_come_back_empty()
    {
        RoundTrips(new QueueEventBatch([]));
        RoundTrips(new QueueSnapshot([]));
    }

    [Theory]
    [InlineData("qb1")]
    [InlineData("qs1")]
    public void Writes_the_octets_of_the_first_release(string manifest)
    {
        var record = Golden(manifest);
        Assert.Equal(manifest, _serializer.Manifest(record));
        Assert.Equal(GoldenText(manifest), Hex(_serializer.ToBinary(record)));
    }

    [Theory]
    [InlineData("qb1")]
    [InlineData("qs1")]
    public void Reads_the_octets_of_the_first_release(string manifest)
    {
        var octets = Convert.FromHexString(GoldenText(manifest).ReplaceLineEndings(""));
        Assert.Equal(QueueSamples.Describe(Golden(manifest)), QueueSamples.Describe(_serializer.FromBinary(octets, manifest)));
    }

    // SENDING came after the rows above were fixed.
    [Fact]
    public void Writes_and_reads_the_octets_of_a_message_in_doubt()
    {
        const string Octets = "080112120A0C6578616D706C652E7465737412001A001A0022170A0802017BB637EC9C01120801090807060504031A01012A0105";
        var batch = new QueueEventBatch([new QueueEvent.Sending(QueueSamples.GoldenSnapshot.Messages[0].Key)]);
        Assert.Equal(Octets, Convert.ToHexString(_serializer.ToBinary(batch)));
        Assert.Equal(QueueSamples.Describe(batch), QueueSamples.Describe(_serializer.FromBinary(Convert.FromHexString(Octets), "qb1")));
    }

    // Holds came later, too. A snapshot with one must not be read by who would deliver what it holds.
    [Fact]
    public void Writes_and_reads_the_octets_of_a_hold()
    {
        var noon = new DateTimeOffset(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
        var hold = new Hold("h1", new QueueSearch { Tenant = "acme", Campaign = "" }, "why", noon, noon.AddHours(1));
        var batch = new QueueEventBatch([new QueueEvent.HoldSet(hold), new QueueEvent.HoldLifted("h1")]);
        const string Octets = "0802120412001A001A0022002A02060732270A0268311208520461636D655A001A03776879208080D7FEA6F0C0DE112880A0FA9AB3F2C0DE113A026831";
        Assert.Equal(Octets, Convert.ToHexString(_serializer.ToBinary(batch)));
        Assert.Equal(QueueSamples.Describe(batch), QueueSamples.Describe(_serializer.FromBinary(Convert.FromHexString(Octets), "qb1")));

        var left = (QueueSnapshot)_serializer.FromBinary(_serializer.ToBinary(new QueueSnapshot([]) { Left = [new(1, 2), new(ulong.MaxValue, 3)] }), "qs1");
        Assert.Equal([new(1, 2), new(ulong.MaxValue, 3)], left.Left.AsEnumerable());

        var snapshot = QueueSamples.GoldenSnapshot with { Holds = [hold] };
        Assert.Equal("qs2", _serializer.Manifest(snapshot));
        Assert.Equal(QueueSamples.Describe(snapshot), QueueSamples.Describe(_serializer.FromBinary(_serializer.ToBinary(snapshot), "qs2")));
    }

    [Fact]
    public void Keeps_its_identifier() => Assert.Equal(2525, _serializer.Identifier);

    [Fact]
    public void Names_a_manifest_that_it_does_not_know()
    {
        var e = Assert.Throws<SerializationException>(() => _serializer.FromBinary([], "qb9"));
        Assert.Contains("'qb9'", e.Message);
    }

    [Theory]
    [InlineData("qb1", "08012A0163", "EventKind 99")]
    [InlineData("qb1", "0801", "0 events where 1 belong")]
    [InlineData("qs1", "0801120A", "damaged 'qs1' row of 4 octets")]
    [InlineData("qs1", "08011A080A01011A03010203", "3 values of Messages.attempts for 1 rows")]
    [InlineData("qs1", "0801121C1A1A0A080000000000000001120800000000000000022A01013201401A090A01011201003A0100", "envelope flags 64")]
    public void Refuses_what_it_does_not_understand(string manifest, string octets, string named)
    {
        var e = Assert.Throws<SerializationException>(() => _serializer.FromBinary(Convert.FromHexString(octets), manifest));
        Assert.Contains(named, e.Message);
    }

    [Fact]
    public void Refuses_every_row_that_was_cut_short()
    {
        var octets = _serializer.ToBinary(QueueSamples.GoldenSnapshot);
        for (var length = 1; length < octets.Length; length++)
        {
            var cut = octets[..length];
            Assert.Throws<SerializationException>(() => _serializer.FromBinary(cut, "qs1"));
        }
    }

    [Fact]
    public void Refuses_to_write_what_it_would_not_read() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _serializer.ToBinary(
            new QueueEventBatch([new QueueEvent.Notified(default, [], (DsnAction)77)])));

    [Fact]
    public void Messages_that_are_read_share_their_envelope_their_texts_and_their_replies()
    {
        var first = Read(1);
        Assert.Same(first.Messages[0].Envelope, first.Messages[1].Envelope);
        Assert.Same(first.Messages[0].Recipients[0].LastReply, first.Messages[1].Recipients[0].LastReply);

        var second = Read(2);
        Assert.Same(first.Messages[0].Domain.Value, second.Messages[0].Domain.Value);
        Assert.Same(first.Messages[0].Recipients[0].LastReply, second.Messages[0].Recipients[0].LastReply);
        Assert.Same(first.Messages[0].Recipients[0].LastHost, second.Messages[0].Recipients[0].LastHost);
    }

    [Fact]
    public void A_new_message_takes_few_octets()
    {
        var events = Enumerable.Range(0, 1000).Select(i => (QueueEvent)new QueueEvent.Enqueued(Message((ulong)i, $"user{i}@example.test")));
        var octets = _serializer.ToBinary(new QueueEventBatch([.. events])).Length;
        Assert.InRange(octets / 1000, 1, 60);
    }

    private QueueSnapshot Read(ulong id)
    {
        var message = Message(id, "user@example.test");
        var deferred = message with
        {
            Recipients = [message.Recipients[0] with { LastReply = new SmtpReply(450, null, ["later"]), LastHost = "mx.example.test" }],
        };
        var other = deferred with { Domain = DomainName.FromCanonical("other.test"), Envelope = deferred.Envelope with { } };
        return (QueueSnapshot)_serializer.FromBinary(_serializer.ToBinary(new QueueSnapshot([deferred, other])), "qs1");
    }

    private static QueuedMessage Message(ulong id, string recipient)
    {
        var arrived = new DateTimeOffset(2026, 3, 14, 12, 0, 0, TimeSpan.Zero).AddTicks((long)id * 1234);
        var envelope = new Envelope(
            MessageId.Create(arrived, [0, 0, 0, 0, 0, 0, 0, 0, (byte)(id >> 8), (byte)id]),
            EmailAddress.FromTrusted("sender@example.test"), arrived, 4096, Client: "192.0.2.1");
        return QueuedMessage.New(envelope, DomainName.FromCanonical("example.test"), [new Recipient(EmailAddress.FromTrusted(recipient))]);
    }

    private void RoundTrips(object record) =>
        Assert.Equal(
            QueueSamples.Describe(record),
            QueueSamples.Describe(_serializer.FromBinary(_serializer.ToBinary(record), _serializer.Manifest(record))));

    private static object Golden(string manifest) => manifest == "qb1" ? QueueSamples.GoldenBatch : QueueSamples.GoldenSnapshot;

    private static string GoldenText(string manifest) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "wire", manifest + ".hex")).ReplaceLineEndings("\n").TrimEnd();

    private static string Hex(byte[] octets) => string.Join('\n', Convert.ToHexString(octets).Chunk(64).Select(c => new string(c)));
}
