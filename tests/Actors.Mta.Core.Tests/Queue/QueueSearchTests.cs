using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;

namespace Actors.Mta.Core.Tests.Queue;

public sealed class QueueSearchTests
{
    private static readonly QueuedMessage Untagged = Samples.Message();
    private static readonly QueuedMessage Message = Untagged with { Envelope = Untagged.Envelope with { Tenant = "Acme", Campaign = "spring-1" } };

    public static TheoryData<string, QueueSearch, bool> Searches => new()
    {
        { "nothing set", QueueSearch.All, true },
        { "its id", new() { Id = Message.Envelope.Id }, true },
        { "another id", new() { Id = new MessageId(1, 2) }, false },
        { "its domain", new() { Domain = Message.Domain }, true },
        { "another domain", new() { Domain = DomainName.Parse("elsewhere.test") }, false },
        { "its sender in capitals", new() { Sender = Message.Envelope.Sender.Text.ToUpperInvariant() }, true },
        { "a pattern of its sender", new() { Sender = "*@" + Message.Envelope.Sender.Text.Split('@')[1] }, true },
        { "a part of its sender is no pattern of it", new() { Sender = Message.Envelope.Sender.Text[1..] }, false },
        { "the empty sender", new() { Sender = "" }, false },
        { "its recipient", new() { Recipient = Message.Recipients[0].Recipient.Address.Text }, true },
        { "another recipient", new() { Recipient = "nobody@*" }, false },
        { "a reply that nobody gave", new() { Reply = "4.7.1" }, false },
        { "its tenant in other letters", new() { Tenant = "ACME" }, true },
        { "another tenant", new() { Tenant = "other" }, false },
        { "no tenant", new() { Tenant = "" }, false },
        { "a pattern of its campaign", new() { Campaign = "spring-*" }, true },
        { "no campaign", new() { Campaign = "" }, false },
        { "older than itself", new() { ArrivedBefore = Message.Envelope.Arrived }, false },
        { "younger", new() { ArrivedBefore = Message.Envelope.Arrived.AddSeconds(1) }, true },
        { "all of it but one", new() { Domain = Message.Domain, Sender = "*", Recipient = "nobody@*" }, false },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public void Means_messages_that_are_all_that_is_set(string what, QueueSearch search, bool found)
    {
        Assert.NotEmpty(what);
        Assert.Equal(found, search.Matches(Message));
    }

    [Fact]
    public void Finds_what_has_no_tenant_and_no_campaign()
    {
        Assert.True(new QueueSearch { Tenant = "", Campaign = "" }.Matches(Untagged));
        Assert.False(new QueueSearch { Tenant = "?*" }.Matches(Untagged));
    }

    [Fact]
    public void Finds_a_part_of_what_the_last_attempt_was_told()
    {
        var told = Message with { Recipients = [Message.Recipients[0] with { LastReply = Core.Smtp.SmtpReply.Of(451, "4.7.1", "Greylisted, come back") }] };
        Assert.True(new QueueSearch { Reply = "greylisted" }.Matches(told));
        Assert.True(new QueueSearch { Reply = "451 4.7.1" }.Matches(told));
        Assert.False(new QueueSearch { Reply = "4.7.2" }.Matches(told));
    }
}
