using Actors.Mta.Core.Events;
using Actors.Mta.Engine.Events;

namespace Actors.Mta.Engine.Tests.Events;

public sealed class RecentFailuresTests
{
    private readonly RecentFailures _failures = new();

    private void Add(string kind, int number) => _failures.Add(new MailEvent(DateTimeOffset.UnixEpoch, kind, "mx.test") { Id = $"{number}" });

    [Fact]
    public void Only_what_failed_is_kept_newest_first_and_not_without_end()
    {
        Assert.Empty(_failures.Newest);
        foreach (var kind in MailEvents.All) Add(kind, 0);
        Assert.Equal([MailEvents.Return, MailEvents.Expiration, MailEvents.Bounce, MailEvents.Deferral], _failures.Newest.Select(f => f.Event));

        for (var i = 1; i <= 3 * RecentFailures.Kept; i++) Add(MailEvents.Bounce, i);
        Assert.Equal(Enumerable.Range(0, RecentFailures.Kept).Select(i => $"{3 * RecentFailures.Kept - i}"), _failures.Newest.Select(f => f.Id));
    }
}
