using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Tests.Users;

public sealed class SubmissionQuotaTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_rested_user_may_use_the_whole_count_and_then_hears_when_to_come_again()
    {
        var quota = new SubmissionQuota(new Rate(60, TimeSpan.FromHours(1)), null, 10);
        var user = new UserAccount("john");
        for (var i = 0; i < 60; i++) Assert.Null(quota.TakeMessage(user, Now));
        Assert.Equal("450 4.7.1 Message rate exceeded, try again in 60 s", quota.TakeMessage(user with { Name = "JOHN" }, Now)?.ToString());
        Assert.Null(quota.TakeRecipient(user, Now));
        Assert.Null(quota.TakeMessage(new UserAccount("alice"), Now));
        Assert.Null(quota.TakeMessage(user, Now.AddSeconds(60)));
        Assert.NotNull(quota.TakeMessage(user, Now.AddSeconds(60)));
    }

    [Fact]
    public void A_users_own_rate_comes_first()
    {
        var quota = new SubmissionQuota(null, new Rate(1000, TimeSpan.FromDays(1)), 10);
        var user = new UserAccount("john") { RecipientRate = new Rate(2, TimeSpan.FromDays(1)) };
        Assert.Null(quota.TakeRecipient(user, Now));
        Assert.Null(quota.TakeRecipient(user, Now));
        Assert.StartsWith("450 4.7.1 Recipient rate exceeded", quota.TakeRecipient(user, Now)?.ToString());
        // A changed rate begins anew.
        Assert.Null(quota.TakeRecipient(user with { RecipientRate = new Rate(3, TimeSpan.FromDays(1)) }, Now));
    }
}
