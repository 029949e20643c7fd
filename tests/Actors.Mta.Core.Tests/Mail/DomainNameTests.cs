using System.Net;
using Actors.Mta.Core.Mail;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Mail;

public sealed class DomainNameTests
{
    [Theory]
    [InlineData("example.test", "example.test")]
    [InlineData("EXAMPLE.Test", "example.test")]
    [InlineData("example.test.", "example.test")]
    [InlineData("localhost", "localhost")]
    [InlineData("a", "a")]
    [InlineData("3com.test", "3com.test")]
    [InlineData("under_score.host_.test", "under_score.host_.test")]
    [InlineData("a--b.test", "a--b.test")]
    [InlineData("bücher.test", "xn--bcher-kva.test")]
    [InlineData("BÜCHER.test", "xn--bcher-kva.test")]
    [InlineData("XN--BCHER-KVA.test", "xn--bcher-kva.test")]
    [InlineData("例え。test", "xn--r8jz45g.test")]
    [InlineData("[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("[192.000.002.010]", "[192.0.2.10]")]
    [InlineData("[IPv6:2001:DB8:0:0::1]", "[IPv6:2001:db8::1]")]
    [InlineData("[ipv6:::1]", "[IPv6:::1]")]
    [InlineData("[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]")]
    [InlineData("[X400:c=de;a@b]", "[x400:c=de;a@b]")]
    public void Brings_a_domain_into_its_one_form(string text, string canonical) =>
        Assert.Equal(canonical, DomainName.Parse(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".test")]
    [InlineData("a..test")]
    [InlineData("example.test..")]
    [InlineData("-a.test")]
    [InlineData("a-.test")]
    [InlineData("a.test-")]
    [InlineData("a b.test")]
    [InlineData("a@b.test")]
    [InlineData("a.test\r\n")]
    [InlineData("a\0.test")]
    [InlineData("bü cher.test")]
    [InlineData("bü..test")]
    [InlineData("[192.0.2]")]
    [InlineData("[192.0.2.256]")]
    [InlineData("[192.0.2.1.1]")]
    [InlineData("[192.0.2.1")]
    [InlineData("192.0.2.1]")]
    [InlineData("[0x7f.0.0.1]")]
    [InlineData("[IPv6:2001:db8]")]
    [InlineData("[IPv6:fe80::1%eth0]")]
    [InlineData("[IPv6:]")]
    [InlineData("[IPv6:192.0.2.1]")]
    [InlineData("[tag:]")]
    [InlineData("[:content]")]
    [InlineData("[tag-:content]")]
    [InlineData("[tag:con[tent]")]
    [InlineData("[]")]
    public void Refuses_what_is_no_domain(string text) => Assert.False(DomainName.TryParse(text, out _));

    [Fact]
    public void Allows_labels_of_63_and_names_of_255_octets_and_no_more()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{label}";
        Assert.True(DomainName.TryParse(longest, out _));
        Assert.False(DomainName.TryParse(longest + "b", out _));
        Assert.False(DomainName.TryParse($"{label}a.test", out _));
        Assert.False(DomainName.TryParse($"x.{longest}", out _));
        Assert.False(DomainName.TryParse(new string('ü', 60) + ".test", out _));
    }

    [Fact]
    public void Canonical_text_is_kept_as_the_same_string()
    {
        const string text = "example.test";
        Assert.Same(text, DomainName.Parse(text).Value);
    }

    [Fact]
    public void Default_is_empty_and_no_literal()
    {
        Assert.Equal("", default(DomainName).Value);
        Assert.Equal("", default(DomainName).ToString());
        Assert.False(default(DomainName).IsLiteral);
    }

    [Theory]
    [InlineData("[192.0.2.1]", "192.0.2.1")]
    [InlineData("[IPv6:2001:db8::1]", "2001:db8::1")]
    public void Gives_the_address_of_a_literal(string text, string address)
    {
        var domain = DomainName.Parse(text);
        Assert.True(domain.IsLiteral);
        Assert.True(domain.TryGetAddress(out var parsed));
        Assert.Equal(IPAddress.Parse(address), parsed);
    }

    [Theory]
    [InlineData("example.test")]
    [InlineData("[x:192.0.2.1]")]
    public void Gives_no_address_of_anything_else(string text) => Assert.False(DomainName.Parse(text).TryGetAddress(out _));

    [Property]
    public Property Parsing_is_idempotent_and_never_throws() =>
        Prop.ForAll(Texts.DomainLike.ToArbitrary(), text =>
            !DomainName.TryParse(text, out var once)
            || (DomainName.TryParse(once.Value, out var twice) && twice == once && once == DomainName.FromCanonical(once.Value)));
}
