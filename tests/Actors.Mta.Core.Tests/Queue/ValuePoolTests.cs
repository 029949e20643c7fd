using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Queue;

public class ValuePoolTests
{
    private readonly ValuePool _pool = new();

    [Fact]
    public void Equal_values_become_one_instance()
    {
        Assert.Same(_pool.Text(Copy("mx.one.test[192.0.2.1]:25")), _pool.Text(Copy("mx.one.test[192.0.2.1]:25")));
        Assert.Same(_pool.Reply(Busy()), _pool.Reply(Busy()));
        Assert.Same(_pool.Domain(DomainName.Parse(Copy("one.test"))).Value, _pool.Domain(DomainName.Parse(Copy("One.test"))).Value);
        Assert.Same(_pool.Address(EmailAddress.Parse(Copy("a@one.test"))).Text, _pool.Address(EmailAddress.Parse(Copy("a@one.test"))).Text);
    }

    [Theory]
    [InlineData("a@one.test")]
    [InlineData("\"a@b\"@[192.0.2.1]")]
    public void An_address_stays_what_it_is(string text)
    {
        var address = EmailAddress.Parse(text);
        Assert.Equal(address, _pool.Address(address));
        Assert.Equal(address.Domain, _pool.Address(address).Domain);
        Assert.Equal(EmailAddress.Null, _pool.Address(EmailAddress.Null));
    }

    [Fact]
    public void Many_different_values_are_given_back_as_they_came()
    {
        foreach (var text in Enumerable.Range(0, 50_000).Select(n => $"client {n}")) Assert.Equal(text, _pool.Text(text));
        var endless = new string('x', 10_000);
        Assert.Same(endless, _pool.Text(endless));
        Assert.Null(_pool.Text(null));
    }

    [Fact]
    public void Only_an_open_result_is_kept_and_so_shared()
    {
        var open = new RecipientResult(0, RecipientFate.Open, Busy(), Copy("mx.one.test"));
        var settled = open with { Fate = RecipientFate.Settled, Reply = Busy() };
        Assert.Same(_pool.Result(open).Reply, _pool.Result(open with { Reply = Busy() }).Reply);
        Assert.Same(settled, _pool.Result(settled));
    }

    private static SmtpReply Busy() => SmtpReply.Of(451, "4.3.0", Copy("Busy"));

    private static string Copy(string text) => new(text.AsSpan());
}
