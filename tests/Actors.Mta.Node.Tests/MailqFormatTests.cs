using System.Text.Json;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Node.Commands;

namespace Actors.Mta.Node.Tests;

public sealed class MailqFormatTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    private static QueuedMessageView Message(string id, string domain, string state = "waiting", string sender = "alice@sender.test", params RecipientView[] recipients) => new(
        id, domain, sender, Noon, 2048, state, "", "", null, 1, null, null, recipients.Length > 0 ? recipients : [new RecipientView($"bob@{domain}", "452 4.2.2 full", "mx.example.test[192.0.2.1]:25")]);

    [Fact]
    public void An_empty_queue_says_so_as_postfix_does() => Assert.Equal("Mail queue is empty\n", MailqFormat.Listing([]));

    [Fact]
    public void The_parts_of_a_message_are_one_request_with_all_its_recipients()
    {
        var listing = MailqFormat.Listing([Message("01A", "one.test"), Message("01A", "two.test", "held"), Message("01B", "one.test", sender: "", recipients: new RecipientView("eve@one.test", null, null))]);
        Assert.StartsWith("-Queue ID-", listing, StringComparison.Ordinal);
        Assert.Equal(1, listing.Split("01A!").Length - 1);
        Assert.Contains("(host mx.example.test[192.0.2.1]:25 said: 452 4.2.2 full)", listing, StringComparison.Ordinal);
        foreach (var line in (string[])["bob@one.test", "bob@two.test", "eve@one.test"]) Assert.Contains($"{new string(' ', 41)}{line}\n", listing, StringComparison.Ordinal);
        Assert.Contains("MAILER-DAEMON", listing, StringComparison.Ordinal);
        Assert.EndsWith("-- 4 Kbytes in 2 Requests.\n", listing, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_the_fields_of_postqueue_j()
    {
        var lines = MailqFormat.JsonLines([Message("01A", "one.test"), Message("01B", "one.test", "delivering")]).TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        using var json = JsonDocument.Parse(lines[0]);
        Assert.Equal("deferred", json.RootElement.GetProperty("queue_name").GetString());
        Assert.Equal(Noon.ToUnixTimeSeconds(), json.RootElement.GetProperty("arrival_time").GetInt64());
        Assert.Equal("host mx.example.test[192.0.2.1]:25 said: 452 4.2.2 full", json.RootElement.GetProperty("recipients")[0].GetProperty("delay_reason").GetString());
        Assert.Contains("\"queue_name\":\"active\"", lines[1], StringComparison.Ordinal);
    }
}
