using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using FsCheck;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Queue;

public class DueTimesTests
{
    private static readonly DomainName Domain = DomainName.Parse("one.test");

    [Fact]
    public void Gives_nothing_before_its_time()
    {
        var times = new DueTimes();
        times.Add(Key(1), Samples.Arrival);

        Assert.False(times.TryTake(Samples.Arrival - TimeSpan.FromTicks(1), out _));
        Assert.Equal(1, times.Count);
        Assert.True(times.TryTake(Samples.Arrival, out var key));
        Assert.Equal(Key(1), key);
        Assert.Null(times.Next);
    }

    [Fact]
    public void Keeps_both_entries_of_a_message_that_was_put_off()
    {
        var times = new DueTimes();
        times.Add(Key(1), Samples.Arrival);
        times.Add(Key(1), Samples.Arrival + TimeSpan.FromHours(1));

        Assert.True(times.TryTake(Samples.Arrival, out _));
        Assert.False(times.TryTake(Samples.Arrival, out _));
        Assert.Equal(Samples.Arrival + TimeSpan.FromHours(1), times.Next);
    }

    [Property(MaxTest = 200)]
    public bool Gives_every_entry_once_soonest_first_and_none_early(NonNull<ushort[]> minutes, ushort until)
    {
        var times = new DueTimes();
        for (var i = 0; i < minutes.Get.Length; i++) times.Add(Key((ulong)i), At(minutes.Get[i]));
        var taken = new List<ulong>();
        while (times.TryTake(At(until), out var key)) taken.Add(key.Id.Low);

        var due = Enumerable.Range(0, minutes.Get.Length).Where(i => minutes.Get[i] <= until).ToList();
        return taken.Select(n => minutes.Get[n]).SequenceEqual(due.Select(i => minutes.Get[i]).Order())
            && taken.ToHashSet().SetEquals(due.Select(i => (ulong)i))
            && times.Count == minutes.Get.Length - due.Count
            && (times.Next is null || times.Next > At(until));
    }

    private static DateTimeOffset At(ushort minutes) => Samples.Arrival + TimeSpan.FromMinutes(minutes);

    private static QueueKey Key(ulong n) => new(Samples.Id(n), Domain);
}
