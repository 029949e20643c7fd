using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Reports;

namespace Actors.Mta.LoadGen.Tests.Reports;

public sealed class ExpectationsTests
{
    private static readonly RunRecord Run = new()
    {
        Run = "r",
        Title = "t",
        Started = DateTimeOffset.UnixEpoch,
        Seconds = 1,
        Account = new Account(100, 90, 8, 1, 1, 0, 0, 0),
        Sink = new SinkRecord(90, 90, 90, 0, 8, 0, 0, 1, 1234.5, new Percentiles(90, 10, 50, 1500, 1900, 2000), [], [], "", ""),
    };

    [Theory]
    [InlineData("lost=0", false)]
    [InlineData("lost<=1", true)]
    [InlineData("duplicated=0,damaged=0", true)]
    [InlineData("p99<2s", true)]
    [InlineData("p99<1500ms", false)]
    [InlineData("delivery-rate>1000", true)]
    [InlineData("rate>1", false)]
    public void Holds_or_not(string text, bool held) => Assert.Equal(held, Expectations.Parse(text).Check(Run).All(e => e.Held));

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_fault_after_which_no_other_node_took_over_holds_no_time(bool taken, bool held)
    {
        var run = Run with { Faults = [new FaultRecord("first", "kill", "node1", 1, 30, 4, 12), new FaultRecord("second", "kill", "node2", 60, 30, 4, taken ? 13 : null)] };
        Assert.Equal(held, Expectations.Parse("taken-over<20s").Check(run).Single().Held);
    }

    [Theory]
    [InlineData("lots=0")]
    [InlineData("lost")]
    [InlineData("p99<2")]
    [InlineData("lost=few")]
    public void Nonsense_is_refused(string text) => Assert.Throws<FormatException>(() => Expectations.Parse(text));

    [Fact]
    public void Ranges_are_read_as_they_were_written()
    {
        var marks = new CopyMarks();
        long[] copies = [1, 2, 3, 7, 9, 10, 70_000];
        foreach (var copy in copies) marks.Add(copy);
        Assert.Equal("1-3,7,9-10,70000", CopyRanges.Write(marks, m => m > 0));
        Assert.Equal(copies, CopyRanges.Read("1-3,7,9-10,70000"));
    }

    [Fact]
    public void A_page_says_all_and_needs_nothing_from_elsewhere()
    {
        var page = HtmlReport.Write(Run with { Title = "<Lab>", Expected = Expectations.Parse("lost=0").Check(Run), Series = [new Moment(1, 5, 4, 0, 1, 1, 2, 3, 4, 10, 0.5, 100, 0.2), new Moment(2, 5, 4, 0, 1, 1, 2, 3, 4, 10, 0.5, 100, 0.2)] });
        Assert.Contains("&lt;Lab&gt;", page);
        Assert.Contains("broken", page);
        Assert.Contains("<svg", page);
        Assert.DoesNotContain("http", page);
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("NaN", page);
    }
}
