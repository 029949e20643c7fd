using Actors.Mta.Engine.Persistence;

namespace Actors.Mta.Engine.Tests.Persistence;

public sealed class PartitionCountSpec : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_new_directory_keeps_the_number_it_was_made_with()
    {
        PartitionCount.Check(_directory.Path, 8);
        PartitionCount.Check(_directory.Path, 8);
        Assert.Equal("8\n", File.ReadAllText(_directory.File("partitions")));
    }

    [Fact]
    public void Another_number_is_refused_with_what_to_do()
    {
        PartitionCount.Check(_directory.Path, 8);
        var e = Assert.Throws<InvalidOperationException>(() => PartitionCount.Check(_directory.Path, 16));
        Assert.Contains("has 8 partitions, but mta.queue.partitions is 16", e.Message);
        Assert.Contains("Set mta.queue.partitions = 8", e.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("eight")]
    [InlineData("-8")]
    public void A_damaged_record_is_refused(string content)
    {
        File.WriteAllText(_directory.File("partitions"), content);
        Assert.Throws<InvalidOperationException>(() => PartitionCount.Check(_directory.Path, 8));
    }
}
