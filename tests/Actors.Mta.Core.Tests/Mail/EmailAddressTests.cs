using System.Text;
using Actors.Mta.Core.Mail;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Mail;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("user@example.test", "user", "example.test")]
    [InlineData("User.Name+tag@Example.TEST", "User.Name+tag", "example.test")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@example.test", "!#$%&'*+-/=?^_`{|}~", "example.test")]
    [InlineData("\"a b\"@example.test", "\"a b\"", "example.test")]
    [InlineData("\"a@b\"@example.test", "\"a@b\"", "example.test")]
    [InlineData("\"a\\\"b\\\\\"@example.test", "\"a\\\"b\\\\\"", "example.test")]
    [InlineData("\"\"@example.test", "\"\"", "example.test")]
    [InlineData("user@[192.0.2.1]", "user", "[192.0.2.1]")]
    [InlineData("user@[IPv6:2001:DB8::1]", "user", "[IPv6:2001:db8::1]")]
    [InlineData("user@[x:a@b]", "user", "[x:a@b]")]
    [InlineData("用户@例え.test", "用户", "xn--r8jz45g.test")]
    [InlineData("user@host_name.test", "user", "host_name.test")]
    public void Reads_local_part_and_domain(string text, string local, string domain)
    {
        var address = EmailAddress.Parse(text);
        Assert.Equal(text, address.Text);
        Assert.Equal(local, address.LocalPart.ToString());
        Assert.Equal(domain, address.Domain.Value);
        Assert.Equal(address, EmailAddress.FromTrusted(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("user")]
    [InlineData("@example.test")]
    [InlineData("user@")]
    [InlineData(".user@example.test")]
    [InlineData("user.@example.test")]
    [InlineData("us..er@example.test")]
    [InlineData("us er@example.test")]
    [InlineData("us(er@example.test")]
    [InlineData("us,er@example.test")]
    [InlineData("user@@example.test")]
    [InlineData("a@b@example.test")]
    [InlineData("user@example..test")]
    [InlineData("user@example.test.")]
    [InlineData("user@-example.test")]
    [InlineData("user@[300.0.0.1]")]
    [InlineData("user@example.test ")]
    [InlineData("<user@example.test>")]
    [InlineData("\"user@example.test")]
    [InlineData("\"us\"er@example.test")]
    [InlineData("\"us\"er\"@example.test")]
    [InlineData("\"us\r\ner\"@example.test")]
    [InlineData("\"us\\\u0001er\"@example.test")]
    [InlineData("\"us\\\"@example.test")]
    [InlineData("us\0er@example.test")]
    public void Refuses_what_is_no_address(string text) => Assert.False(EmailAddress.TryParse(text, out _));

    [Fact]
    public void Refuses_half_of_a_surrogate_pair()
    {
        Assert.True(EmailAddress.TryParse("us\uD83D\uDE00er@example.test", out _));
        Assert.False(EmailAddress.TryParse("us\uD83Der@example.test", out _));
        Assert.False(EmailAddress.TryParse("us\uDE00er@example.test", out _));
    }

    [Fact]
    public void Allows_64_octets_of_local_part_and_254_in_all()
    {
        var label = new string('d', 60);
        var domain = $"{label}.{label}.{label}.test";
        Assert.True(EmailAddress.TryParse(new string('l', 64) + "@" + domain, out _));
        Assert.False(EmailAddress.TryParse(new string('l', 65) + "@example.test", out _));
        Assert.True(EmailAddress.TryParse(new string('ü', 32) + "@example.test", out _));
        Assert.False(EmailAddress.TryParse(new string('ü', 33) + "@example.test", out _));
        Assert.True(EmailAddress.TryParse(new string('l', 64) + "@a." + domain, out _));
        Assert.False(EmailAddress.TryParse(new string('l', 64) + "@abc." + domain, out _));
    }

    [Fact]
    public void The_null_reverse_path_has_no_parts()
    {
        Assert.True(EmailAddress.Null.IsNull);
        Assert.Equal("", EmailAddress.Null.Text);
        Assert.True(EmailAddress.Null.LocalPart.IsEmpty);
        Assert.Equal(default, EmailAddress.Null.Domain);
        Assert.Equal(EmailAddress.Null, EmailAddress.FromTrusted(""));
    }

    [Fact]
    public void Postmaster_alone_is_a_local_part_without_domain()
    {
        var postmaster = EmailAddress.FromTrusted("PostMaster");
        Assert.False(postmaster.IsNull);
        Assert.Equal("PostMaster", postmaster.LocalPart.ToString());
        Assert.True(postmaster.DomainText.IsEmpty);
        Assert.Equal(default, postmaster.Domain);
    }

    [Theory]
    [InlineData("user@example.test", true)]
    [InlineData("user@bücher.test", false)]
    [InlineData("ü@example.test", false)]
    public void Knows_whether_it_needs_smtputf8(string text, bool ascii) => Assert.Equal(ascii, EmailAddress.Parse(text).IsAscii);

    [Fact]
    public void The_domain_of_an_old_journal_that_no_longer_parses_is_kept() =>
        Assert.Equal("-bad-.test", EmailAddress.FromTrusted("user@-Bad-.test").Domain.Value);

    [Fact]
    public void The_domain_of_a_usual_address_costs_one_string()
    {
        var address = EmailAddress.Parse("user@example.test");
        _ = address.Domain;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var domain = address.Domain;
        var cost = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal("example.test", domain.Value);
        Assert.InRange(cost, 1, 56);
    }

    [Property]
    public Property A_good_address_goes_round() =>
        Prop.ForAll(Texts.Address.ToArbitrary(), text =>
            EmailAddress.TryParse(text, out var address)
            && address.Text == text
            && EmailAddress.FromTrusted(text) == address
            && address.LocalPart.ToString() + "@" + address.DomainText.ToString() == text
            && address.Domain == DomainName.Parse(address.DomainText.ToString()));

    [Property]
    public Property Parsing_never_throws_and_never_takes_what_would_break_a_command_line() =>
        Prop.ForAll(Texts.AddressLike.ToArbitrary(), text =>
            !EmailAddress.TryParse(text, out var address)
            || (!address.Text.Any(char.IsControl) && address.Domain.Value.Length > 0 && Encoding.UTF8.GetByteCount(text) <= 254));
}
