using System.Buffers;
using System.Net;
using System.Text;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using IPNetwork = System.Net.IPNetwork;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>What of a dialogue who sees.</summary>
public sealed class DialogueTapTests
{
    private static readonly IPAddress Client = IPAddress.Parse("192.0.2.1");

    private readonly DialogueTap _tap = new();

    private DialogueTap.Session Inbound() => new(_tap, inbound: true, Client, "submission");

    private static ReadOnlySequence<byte> Lines(string text) => new(Encoding.ASCII.GetBytes(text));

    /// <summary>Without time, number and peer.</summary>
    private static List<string> Seen(DialogueTap.Watcher watcher)
    {
        var lines = new List<string>();
        while (watcher.Lines.TryRead(out var line)) lines.Add(line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..]);
        return lines;
    }

    [Fact]
    public void Both_sides_are_shown_line_by_line()
    {
        using var watcher = _tap.Watch(null, null)!;
        var session = Inbound();
        session.OfPeer(Lines("EHLO me.test\r\n"));
        session.OfUs(new SmtpReply(250, null, ["mx.test", "SIZE 1000"]));
        Assert.Equal(["C: EHLO me.test", "S: 250-mx.test", "S: 250 SIZE 1000"], Seen(watcher));
    }

    [Fact]
    public void Passwords_are_not_shown()
    {
        using var watcher = _tap.Watch(null, null)!;
        var session = Inbound();
        session.OfPeer(Lines("auth plain AHNlY3JldA==\r\n"));
        session.OfUs(SmtpReply.Of(235, "2.7.0", "ok"));
        session.OfPeer(Lines("AUTH LOGIN\r\n"));
        session.OfUs(SmtpReply.Of(334, null, "VXNlcm5hbWU6"));
        session.OfPeer(Lines("YWxpY2U=\r\n"));
        session.OfUs(SmtpReply.Of(334, null, "UGFzc3dvcmQ6"));
        session.OfPeer(Lines("c2VjcmV0\r\n"));
        session.OfUs(SmtpReply.Of(235, "2.7.0", "ok"));
        session.OfPeer(Lines("NOOP\r\n"));
        Assert.Equal(
            ["C: auth plain ***", "S: 235 2.7.0 ok", "C: AUTH LOGIN", "S: 334", "C: ***", "S: 334", "C: ***", "S: 235 2.7.0 ok", "C: NOOP"], Seen(watcher));
    }

    [Fact]
    public void Nor_when_somebody_begins_to_watch_in_the_middle_of_a_log_in()
    {
        using var watcher = _tap.Watch(null, null)!;
        var session = Inbound();
        session.Secret();
        session.OfUs(SmtpReply.Of(334, null, "UGFzc3dvcmQ6"));
        session.Secret();
        session.OfPeer(Lines("NOOP\r\n"));
        Assert.Equal(["C: ***", "S: 334", "C: ***", "C: NOOP"], Seen(watcher));
    }

    [Fact]
    public void A_session_is_shown_from_its_beginning_once_it_names_the_domain()
    {
        using var watcher = _tap.Watch(null, "one.test")!;
        var (session, other) = (Inbound(), Inbound());
        foreach (var each in (DialogueTap.Session[])[session, other]) each.OfPeer(Lines("EHLO me.test\r\n"));
        other.OfPeer(Lines("RCPT TO:<bob@one.test.other>\r\n"));
        other.OfPeer(Lines("RCPT TO:<bob@someone.test>\r\n"));
        Assert.Empty(Seen(watcher));
        session.OfPeer(Lines("RCPT TO:<bob@ONE.test>\r\n"));
        session.OfPeer(Lines("QUIT\r\n"));
        Assert.Equal(["C: EHLO me.test", "C: RCPT TO:<bob@ONE.test>", "C: QUIT"], Seen(watcher));
    }

    [Fact]
    public void Only_peers_of_the_network_are_shown_and_control_characters_are_not()
    {
        using var here = _tap.Watch(IPNetwork.Parse("192.0.2.0/24"), null)!;
        using var elsewhere = _tap.Watch(IPNetwork.Parse("198.51.100.0/24"), null)!;
        Inbound().OfPeer(Lines("NOOP \u001b[2J\r\n"));
        Assert.Equal(["C: NOOP \uFFFD[2J"], Seen(here));
        Assert.Empty(Seen(elsewhere));
    }

    [Fact]
    public void Who_has_left_is_replaced_and_more_than_the_limit_are_not_taken()
    {
        var all = Enumerable.Range(0, DialogueTap.MostWatchers).Select(_ => _tap.Watch(null, null)!).ToList();
        Assert.Null(_tap.Watch(null, null));
        all[0].Dispose();
        Assert.NotNull(_tap.Watch(null, null));
    }
}
