using System.Runtime.Serialization;
using Actors.Mta.Core.Reputation;
using Actors.Mta.Engine.Persistence;
using FsCheck.Xunit;

namespace Actors.Mta.Engine.Tests.Persistence;

public sealed class GreylistSerializerSpec
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, 123, TimeSpan.Zero);
    private static readonly Triplet Known = new("192.0.2.0/24", "a@elsewhere.test", "grüße@local.test");
    private static readonly Triplet Null = new("2001:db8::/64", "", "grüße@local.test");
    private readonly GreylistSerializer _serializer = new(null!);

    private static object Golden(string manifest) => manifest == "gb1"
        ? new GreylistEventBatch(
        [
            new GreylistEvent(GreylistChange.Tried, Known, Noon),
            new GreylistEvent(GreylistChange.Passed, Known, Noon.AddMinutes(6).AddTicks(1)),
            new GreylistEvent(GreylistChange.Used, Null, Noon.AddDays(-1)),
        ])
        : new GreylistSnapshot(
            [new GreylistEntry(Known, Noon, Noon.AddDays(2), true), new GreylistEntry(Null, Noon.AddHours(-1), Noon.AddHours(-1), false)],
            [new GreylistNetwork("192.0.2.0/24", 12, Noon.AddDays(2)), new GreylistNetwork("198.51.100.0/24", 1, Noon)]);

    [Theory]
    [InlineData("gb1")]
    [InlineData("gs1")]
    public void Writes_and_reads_the_octets_of_the_first_release(string manifest)
    {
        var record = Golden(manifest);
        Assert.Equal(manifest, _serializer.Manifest(record));
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "wire", manifest + ".hex")).ReplaceLineEndings("\n").TrimEnd();
        var octets = _serializer.ToBinary(record);
        Assert.Equal(text, string.Join('\n', Convert.ToHexString(octets).Chunk(64).Select(c => new string(c))));
        Assert.Equal(Describe(record), Describe(_serializer.FromBinary(octets, manifest)));
    }

    [Property(MaxTest = 200)]
    public void Everything_comes_back_as_it_was(int seed)
    {
        var random = new Random(seed);
        string Text() => random.Next(6) switch { 0 => "", 1 => "192.0.2.0/24", 2 => new string('x', 300), _ => $"user{random.Next(5)}@example.test" };
        Triplet Any() => new(Text(), Text(), Text());
        DateTimeOffset Time() => random.Next(5) == 0 ? DateTimeOffset.MinValue : Noon.AddTicks(random.NextInt64(-TimeSpan.TicksPerDay * 400, TimeSpan.TicksPerDay * 400));
        RoundTrips(new GreylistEventBatch([.. Enumerable.Range(0, random.Next(10)).Select(_ => new GreylistEvent((GreylistChange)random.Next(3), Any(), Time()))]));
        RoundTrips(new GreylistSnapshot(
            [.. Enumerable.Range(0, random.Next(10)).Select(_ => new GreylistEntry(Any(), Time(), Time(), random.Next(2) == 0))],
            [.. Enumerable.Range(0, random.Next(5)).Select(_ => new GreylistNetwork(Text(), random.Next(), Time()))]));
    }

    [Fact]
    public void Keeps_its_identifier() => Assert.Equal(2526, _serializer.Identifier);

    [Theory]
    [InlineData("gb9", "", "'gb9'")]
    [InlineData("gb1", "0A", "damaged 'gb1' row of 1 octets")]
    [InlineData("gb1", "0A01611201631A01002201002A0100320100", "GreylistKind 99")]
    [InlineData("gb1", "1201011A0100", "0 values of a column for 1 rows")]
    [InlineData("gb1", "0A01611201011A01072201002A0100320100", "text 7 of 1")]
    [InlineData("gb1", "0A01611201011A01002201002A0100320101", "are no time")]
    [InlineData("gs1", "0A0161120100", "0 values of a column for 1 rows")]
    public void Refuses_what_it_does_not_understand(string manifest, string octets, string named)
    {
        var e = Assert.Throws<SerializationException>(() => _serializer.FromBinary(Convert.FromHexString(octets), manifest));
        Assert.Contains(named, e.Message);
    }

    [Fact]
    public void Refuses_to_write_what_it_would_not_read()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _serializer.ToBinary(new GreylistEventBatch([new GreylistEvent((GreylistChange)9, Known, Noon)])));
        Assert.Throws<ArgumentException>(() => _serializer.ToBinary("text"));
    }

    private void RoundTrips(object record) =>
        Assert.Equal(Describe(record), Describe(_serializer.FromBinary(_serializer.ToBinary(record), _serializer.Manifest(record))));

    private static string Describe(object record) => record switch
    {
        GreylistEventBatch batch => string.Join('\n', batch.Events.Select(e => $"{e} {e.At.UtcTicks}")),
        GreylistSnapshot table => string.Join('\n', table.Entries.Select(e => $"{e} {e.First.UtcTicks} {e.Last.UtcTicks}"))
            + string.Join('\n', table.Networks.Select(n => $"{n} {n.Last.UtcTicks}")),
        _ => throw new ArgumentException($"{record.GetType()} is not described."),
    };
}
