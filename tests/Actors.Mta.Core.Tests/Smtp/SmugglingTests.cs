using System.Text;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>End-of-data variants that some servers have taken for an end (CVE-2023-51764 and its like): none of them is one.</summary>
public sealed class SmugglingTests
{
    private const string Smuggled = "MAIL FROM:<evil@example.test>\r\nRCPT TO:<victim@example.test>\r\nDATA\r\nsmuggled";

    public static TheoryData<string> FalseEnds => new(
        "\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n", "\n.\r", "\r.\n",
        "\r\n\0.\r\n", "\r\n.\0\r\n", "\r\n. \r\n", "\r\n .\r\n", "\r\n.\t\r\n", "\r\0\n.\r\n", "\r\n.\r\0\n", "\r\r\n.\n", "\n\r\n.\n",
        "\n\n.\n\n", "\r\r.\r\r", "\r\n..\r\n", "\r\n.\n\r\n", "\n\r.\n\r", "\u0085.\u0085", "\v.\v", "\r\n.\u0085", "\f.\r\n");

    [Theory]
    [MemberData(nameof(FalseEnds))]
    public void A_false_end_ends_nothing_and_what_follows_is_no_command(string falseEnd)
    {
        var wire = Encoding.Latin1.GetBytes($"Subject: x\r\n\r\ninnocent{falseEnd}{Smuggled}\r\n.\r\nQUIT\r\n");
        foreach (var bare in new[] { BareNewline.Refuse, BareNewline.Normalise })
        {
            for (var seed = 0; seed < 50; seed++)
            {
                var scanned = Scanned.Data(Pieces.Cut(wire, seed), bare);
                Assert.True(scanned.Ended);
                Assert.Equal("QUIT\r\n", scanned.Rest);
                if (scanned.Refusal is null) Assert.Contains(Smuggled, scanned.Text);
            }
        }
    }

    [Theory]
    [MemberData(nameof(FalseEnds))]
    public void A_false_end_with_a_bare_newline_refuses_the_message(string falseEnd)
    {
        var bare = falseEnd.Replace("\r\n", "").IndexOfAny(['\r', '\n']) >= 0;
        Assert.Equal(bare, Scanned.Data($"innocent{falseEnd}{Smuggled}\r\n.\r\n").Refusal is not null);
    }

    [Theory]
    [MemberData(nameof(FalseEnds))]
    public void What_leaves_again_has_one_end_and_no_bare_newline(string falseEnd)
    {
        var message = Scanned.Data($"innocent{falseEnd}{Smuggled}\r\n.\r\n", BareNewline.Normalise).Message;
        var sent = Encoding.Latin1.GetString(DotStuffingTests.Send([message]));
        Assert.Equal(sent.Length - 5, sent.IndexOf("\r\n.\r\n", StringComparison.Ordinal));
        Assert.Equal(-1, sent.Replace("\r\n", "").IndexOfAny(['\r', '\n']));
    }
}
