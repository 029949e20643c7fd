using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Reports;

namespace Actors.Mta.LoadGen.Tests.Reports;

public class AccountingTests
{
    private static readonly Percentiles None = new(0, 0, 0, 0, 0, 0);

    [Fact]
    public void Each_accepted_copy_is_in_one_of_four_places()
    {
        var account = Accounting.Of([Source("1-10")], Sink(delivered: "1-4", reported: "5"), queued: [6, 7]);
        Assert.Equal((10, 4, 1, 2, 3), (account.Accepted, account.Delivered, account.Bounced, account.Queued, account.Lost));
    }

    [Theory]
    [InlineData(1, 3, 2)]
    [InlineData(3, 5, 0)]
    [InlineData(50, 5, 0)]
    public void Of_a_queue_too_long_to_be_listed_the_number_counts(long unlisted, long queued, long lost)
    {
        var account = Accounting.Of([Source("1-10")], Sink(delivered: "1-4", reported: "5"), queued: [6, 7], unlisted);
        Assert.Equal((Math.Min(queued, 5), lost), (account.Queued, account.Lost));
    }

    private static SourceRecord Source(string accepted) => new("main", "", 1, 10, 10, 0, 0, 0, 10, None, None, [], [], [], accepted, "");

    private static SinkRecord Sink(string delivered, string reported) => new(0, 0, 0, 0, 0, 0, 0, 0, 0, None, [], [], delivered, reported);
}
