using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>POST /api/v1/messages: its 200 is what SMTP's 250 is.</summary>
public sealed class MessagesByHttp(ITestOutputHelper output)
{
    private const string ForTwo = """
        {"from": "shop@sender.test", "to": [{"address": "ann@example.test", "substitutions": {"name": "Ann"}}, {"address": "bob@other.test", "substitutions": {"name": "Bob"}}],
         "subject": "Hi {{name}}", "text": "Dear {{name}}", "tenant": "acme", "campaign": "spring"}
        """;

    [SkippableFact]
    public async Task Each_recipient_of_a_batch_gets_his_own_message_once_however_often_the_request_comes()
    {
        await using var bed = new TestBed(output);
        var (ann, bob) = (bed.Receiver("example.test"), bed.Receiver("other.test"));
        await bed.StartAsync();
        using var http = new Client(bed.Node);

        var (status, first) = await http.PostAsync(ForTwo, "key-1");
        Assert.Equal(HttpStatusCode.OK, status);
        var (_, second) = await http.PostAsync(ForTwo, "key-1");
        Assert.Equal((false, true), (first.GetProperty("repeated").GetBoolean(), second.GetProperty("repeated").GetBoolean()));
        Assert.Equal(Ids(first), Ids(second));
        Assert.Equal(2, Ids(first).Distinct().Count());
        Assert.Equal(HttpStatusCode.Conflict, (await http.PostAsync(ForTwo.Replace("Dear", "Hello", StringComparison.Ordinal), "key-1")).Status);

        Assert.Contains("Subject: Hi Ann", (await ann.ReceivesOneAsync()).Text, StringComparison.Ordinal);
        var letter = await bob.ReceivesOneAsync();
        Assert.Contains("Dear Bob", letter.Text, StringComparison.Ordinal);
        Assert.Contains($"Message-ID: <{Ids(first)[1]}@", letter.Text, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
        // After a restart, too.
        await bed.Node.KillAsync();
        await bed.Node.StartAsync();
        Assert.Equal(Ids(first), Ids((await http.PostAsync(ForTwo, "key-1")).Answer));
        await bed.Node.DrainsAsync();
        Assert.Equal((1, 1), (ann.Messages.Count, bob.Messages.Count));
    }

    [SkippableFact]
    public async Task What_was_answered_200_is_delivered_after_a_kill()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "452 4.2.2 not yet" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        using var http = new Client(bed.Node);
        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
            ids.AddRange(Ids((await http.PostAsync($$"""{"from": "a@sender.test", "to": [{"address": "r{{i}}@example.test"}], "text": "number {{i}}"}""")).Answer));
        await bed.Node.KillAsync();
        inbox.Script = _ => null;
        await bed.Node.StartAsync();
        await bed.Node.FlushAsync();
        await bed.Node.DrainsAsync();
        Assert.Equal(20, ids.Distinct().Count());
        foreach (var id in ids) Assert.Single(inbox.Messages, m => m.Text.Contains($"(HTTP) id {id}", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task What_is_to_be_sent_later_waits_and_says_so()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test", "other.test");
        await bed.StartAsync();
        using var http = new Client(bed.Node);
        var due = DateTimeOffset.UtcNow.AddMinutes(20).ToString("O");
        var (status, answer) = await http.PostAsync($$"""{"from": "a@sender.test", "to": [{"address": "b@example.test"}, {"address": "c@other.test"}], "text": "later", "campaign": "spring", "sendAt": "{{due}}"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        var why = (await bed.Node.CommandAsync("why", Ids(answer)[0])).Succeeded().Output;
        Assert.Contains("its sender wants it sent then", why, StringComparison.Ordinal);
        Assert.Equal(2, (await bed.Node.SummaryAsync()).Waiting);
        Assert.Contains("2 messages are tried now", (await bed.Node.CommandAsync("queue", "flush", "--campaign", "spring")).Succeeded().Output, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
        Assert.Equal(2, inbox.Messages.Count);
    }

    [SkippableFact]
    public async Task What_cannot_be_taken_is_refused_as_smtp_would_and_nothing_is_queued()
    {
        await using var bed = new TestBed(output);
        bed.Settings["mta.smtp.server.message-size"] = "64KiB";
        await bed.Node.ServeDomainAsync("local.test", "lmtp:unix:/nowhere", "ann@local.test");
        await bed.StartAsync();
        using var http = new Client(bed.Node);
        var (unknown, nobody) = await http.PostAsync("""{"from": "a@sender.test", "to": [{"address": "nobody@local.test"}], "text": "x"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown);
        Assert.StartsWith("550 5.1.1", nobody.GetProperty("messages")[0].GetProperty("refused")[0].GetProperty("reply").GetString(), StringComparison.Ordinal);
        var (large, tooLarge) = await http.PostAsync($$"""{"from": "a@sender.test", "to": [{"address": "b@example.test"}], "text": "{{new string('x', 70_000)}}"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, large);
        Assert.StartsWith("552 5.3.4", tooLarge.GetProperty("messages")[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        var (wrong, error) = await http.PostAsync("""{"from": "a@sender.test", "to": [{"address": "b@example.test"}], "text": "x", "subjet": "x"}""");
        Assert.Equal(HttpStatusCode.BadRequest, wrong);
        Assert.Contains("subjet", error.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, (await bed.Node.SummaryAsync()).Messages);
    }

    [SkippableFact]
    public async Task A_token_allows_what_it_is_for_and_what_is_done_is_written_down()
    {
        await using var bed = new TestBed(output);
        bed.Receiver("example.test");
        var (shop, shopLine) = await MakeAsync("shop", "inject");
        var (watch, watchLine) = await MakeAsync("watch", "read");
        var (ops, opsLine) = await MakeAsync("ops", "act");
        var file = Path.Combine(bed.Directory, "tokens");
        await File.WriteAllLinesAsync(file, [shopLine, watchLine, opsLine]);
        bed.Settings["mta.admin.tokens-file"] = NodeSettings.Text(file);
        await bed.StartAsync();

        const string message = """{"from": "a@sender.test", "to": [{"address": "b@example.test"}], "text": "x"}""";
        foreach (var (token, queue, post, flush) in ((string?, int, int, int)[])[(null, 401, 401, 401), ("wrong", 401, 401, 401), (shop, 403, 200, 403), (watch, 200, 403, 403), (ops, 200, 200, 200)])
        {
            using var http = new Client(bed.Node, token);
            Assert.Equal(queue, (int)await http.GetAsync("api/v1/queue"));
            Assert.Equal(queue, (int)await http.GetAsync("metrics"));
            Assert.Equal(200, (int)await http.GetAsync("health/ready"));
            Assert.Equal(200, (int)await http.GetAsync(""));
            Assert.Equal(post, (int)(await http.PostAsync(message)).Status);
            Assert.Equal(flush, (int)(await http.PostAsync("{}", path: "api/v1/queue/flush?domain=example.test")).Status);
        }
        await bed.Node.LogsAsync("accepted", "user=shop");
        await bed.Node.LogsAsync("administration: queue flush domain=example.test", "by=ops");
        await bed.Node.LogsAsync("administration refused: queue flush", "by=watch");
        Assert.Contains("token is needed", (await bed.Node.CommandAsync("queue", "list")).Error, StringComparison.Ordinal);
        var tokenFile = Path.Combine(bed.Directory, "ops-token");
        await File.WriteAllTextAsync(tokenFile, ops + "\n");
        (await bed.Node.CommandAsync("queue", "list", "--token-file", tokenFile)).Succeeded();
    }

    [SkippableFact]
    public async Task The_log_can_be_followed_and_shows_more_when_it_is_told_to()
    {
        await using var bed = new TestBed(output);
        bed.Receiver("example.test");
        bed.Settings["mta.log.level"] = "warning";
        await bed.StartAsync();
        using var http = new Client(bed.Node);
        using var lines = await http.FollowAsync("api/v1/log?match=from=");
        await bed.SendAsync("quiet@sender.test", "bob@example.test", Samples.Message());
        Assert.Contains("The log shows info", (await bed.Node.CommandAsync("log", "level", "info")).Succeeded().Output, StringComparison.Ordinal);
        await bed.SendAsync("loud@sender.test", "bob@example.test", Samples.Message());
        Assert.Contains("accepted", await lines.ReadLineAsync() is { } line && line.Contains("loud@sender.test", StringComparison.Ordinal) ? line : "another line", StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Sessions_that_name_a_domain_can_be_watched_in_both_directions()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var other = bed.Receiver("other.test");
        await bed.StartAsync();
        using var http = new Client(bed.Node);
        using var lines = await http.FollowAsync("api/v1/sessions/trace?domain=example.test");
        await bed.SendAsync("quiet@sender.test", "bob@other.test", Samples.Message());
        await other.ReceivesOneAsync();
        await bed.SendAsync("loud@sender.test", "bob@example.test", Samples.Message());
        await inbox.ReceivesOneAsync();

        var seen = new List<string>();
        // Until both have had the answer to the message.
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        while (!(Has("from relay", "C: RCPT") && Has("to mx", "S: 250", after: "(a message of")))
            seen.Add(await lines.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException($"It ended after {string.Join('\n', seen)}"));
        // The whole dialogue, also what was said before the domain was named, and nothing of the message or of others.
        Assert.Contains(seen, l => l.Contains("from relay[127.", StringComparison.Ordinal) && l.Contains("S: 220 ", StringComparison.Ordinal));
        Assert.Contains(seen, l => l.Contains("C: MAIL FROM:<loud@sender.test>", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(seen, l => l.Contains("other.test", StringComparison.Ordinal) || l.Contains("Subject", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, await http.GetAsync("api/v1/sessions/trace?client=nobody"));

        bool Has(string session, string line, string after = "")
        {
            var from = after.Length == 0 ? 0 : seen.FindIndex(l => l.Contains(after, StringComparison.Ordinal));
            return from >= 0 && seen.Skip(from).Any(l => l.Contains(session, StringComparison.Ordinal) && l.Contains(line, StringComparison.Ordinal));
        }
    }

    [SkippableFact]
    public async Task The_interface_describes_itself()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        using var http = new Client(bed.Node);
        using var document = JsonDocument.Parse(await http.TextAsync("api/v1/openapi.json"));
        var paths = document.RootElement.GetProperty("paths");
        var request = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("MessageRequest");
        Assert.True(request.GetProperty("properties").TryGetProperty("sendAt", out _));
        foreach (var path in paths.EnumerateObject().Where(p => p.Value.TryGetProperty("get", out _) && !p.Name.Contains('{', StringComparison.Ordinal)))
            Assert.Contains((int)await http.GetAsync(path.Name[1..]), new[] { 200, 404 });
    }

    private static async Task<(string Token, string Line)> MakeAsync(string name, string right)
    {
        var lines = (await NodeProcess.ProgramAsync("token", name, "--may", right)).Succeeded().Output.Split('\n', StringSplitOptions.TrimEntries);
        return (lines[1], lines[3]);
    }

    private static List<string> Ids(JsonElement answer) => [.. answer.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("id").GetString()!)];

    /// <summary>A program that speaks to the node's admin interface.</summary>
    private sealed class Client : IDisposable
    {
        private readonly HttpClient _http;

        public Client(NodeProcess node, string? token = null)
        {
            _http = new HttpClient { BaseAddress = new Uri($"http://{node.Settings.Admin}/"), Timeout = TimeSpan.FromSeconds(60) };
            if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        public async Task<HttpStatusCode> GetAsync(string path)
        {
            // The log has no end.
            using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            return response.StatusCode;
        }

        public async Task<StreamReader> FollowAsync(string path) => new(await _http.GetStreamAsync(new Uri(path, UriKind.Relative)));

        public Task<string> TextAsync(string path) => _http.GetStringAsync(new Uri(path, UriKind.Relative));

        public async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string json, string? key = null, string path = "api/v1/messages")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            using var response = await _http.SendAsync(request);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            return (response.StatusCode, answer.RootElement.Clone());
        }

        public void Dispose() => _http.Dispose();
    }
}
