using System.Net;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Engine.Tests.Settings;

public sealed class CheckSettingsTests
{
    [Theory]
    [InlineData("mta.checks.dns-lists.lists { \"bl test\" {} }", "is no domain name of a list")]
    [InlineData("mta.checks.dns-lists.lists { \"bl.test.\" {} }", "is no domain name of a list")]
    [InlineData("mta.checks.dns-lists.lists { \"bl.test\" { weight = 0 } }", "weight is 0: the list would be asked in vain")]
    [InlineData("mta.checks.dns-lists.lists { \"bl.test\" { codes = [\"192.0.2.1\"] } }", "holds \"192.0.2.1\", which no list answers")]
    [InlineData("mta.checks.dns-lists { threshold = 3, lists { \"bl.test\" { weight = 2 }, \"good.test\" { weight = -1 } } }", "warning: mta.checks.dns-lists.threshold is more than all lists")]
    [InlineData("mta.checks.greylist { delay = 1h, retry-within = 30m }", "retry-within is not longer than delay")]
    [InlineData("mta.checks.helo = on", "takes off, warn, refuse, not \"on\"")]
    [InlineData("mta.recipients.postmaster = root", "takes an address such as admin@example.test, not \"root\"")]
    [InlineData("mta.recipients.subaddress = \"@\"", "takes a character such as")]
    [InlineData("mta.recipients.reload-every = 1ms", "is too often")]
    [InlineData("mta.recipients.aliases = [aliases]", "warning: mta.recipients.domains is empty")]
    public void A_setting_that_cannot_work_is_pointed_out(string text, string expected)
    {
        var configuration = Chain.OfText(text);
        Assert.Contains(expected, configuration.Messages());
        Assert.Equal(expected.StartsWith("warning", StringComparison.Ordinal), configuration.IsValid);
    }

    [Fact]
    public void A_list_takes_from_all_lists_what_it_does_not_say()
    {
        var lists = Chain.OfText("""
            mta.checks.dns-lists {
              weight = 2
              codes = ["127.0.0.2"]
              lists {
                "BL.test" {}
                "good.test" { weight = -3, codes = ["127.0.0.4..11", "&0.0.0.6"] }
              }
            }
            """).Good().Checks.DnsLists.Lists;
        Assert.Equal(["bl.test 2 127.0.0.2", "good.test -3 127.0.0.4..11 &0.0.0.6"], lists.Select(l => $"{l.Zone} {l.Weight} {string.Join(' ', l.Codes)}"));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("2001:db8::1", false)]
    public void This_machine_is_exempt(string client, bool exempt) =>
        Assert.Equal(exempt, Chain.Of().Good().Checks.IsExempt(IPAddress.Parse(client)));
}
