using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>The dashboard in a real browser: looked at, and worked with.</summary>
public sealed class DashboardIsUsed(ITestOutputHelper output)
{
    private static readonly string[] Pages = ["overview", "queue", "messages", "trace", "sites", "holds", "actors", "cluster", "config"];

    [SkippableFact]
    public async Task A_campaign_is_held_looked_at_and_released()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        bed.Settings["mta.tags.campaign-header"] = "X-Campaign";
        await bed.StartAsync();
        await using var browser = await Browser.StartAsync(bed.Node.FileNamed("browser"));
        await browser.Page.GoToAsync($"http://{bed.Settings.Admin}/#/messages/campaign%3Dspring");
        await browser.ShowsAsync("takes mail");

        await browser.PressAsync("Hold, and what comes");
        await browser.SeesAsync("document.querySelector('dialog').open");
        Assert.Contains("0 queued messages", await browser.Page.EvaluateExpressionAsync<string>("document.querySelector('dialog').innerText"), StringComparison.Ordinal);
        await browser.Page.TypeAsync("dialog [name=reason]", "many complaints");
        await browser.PressAsync("Hold back", "dialog");
        await browser.ShowsAsync("the hold is called");

        var reply = await bed.SendAsync("alice@sender.test", "bob@example.test", Encoding.ASCII.GetBytes("X-Campaign: spring\r\nSubject: <script>alert(1)</script>\r\n\r\nx\r\n"));
        var id = reply.Lines[^1].Split(' ')[^1];
        await Eventually.TrueAsync("it is queued", async () => (await bed.Node.SummaryAsync()).Messages == 1);

        // By keyboard: the search is a form.
        await browser.Page.GoToAsync($"http://{bed.Settings.Admin}/#/messages");
        await browser.ShowsAsync(id);
        await browser.Page.FocusAsync("[name=campaign]");
        await browser.Page.Keyboard.TypeAsync("spr*");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("location.hash.includes('campaign')");
        await browser.ShowsAsync("many complaints");
        await browser.PressAsync(id);
        await browser.ShowsAsync("What would let it go");
        await browser.PressAsync("Its history");
        await browser.ShowsAsync("reception");

        await browser.PressAsync("Holds");
        await browser.ShowsAsync("campaign spring");
        Assert.Empty(inbox.Messages);
        await browser.PressAsync("Release", "main");
        await browser.PressAsync("Release", "dialog");
        await inbox.ReceivesOneAsync();
        await bed.Node.DrainsAsync();

        Assert.Empty(browser.Troubles);
        Assert.All(browser.Asked, url => Assert.StartsWith($"http://{bed.Settings.Admin}/", url, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Where_there_are_tokens_it_asks_for_one_and_does_what_that_allows()
    {
        await using var bed = new TestBed(output);
        var lines = (await NodeProcess.ProgramAsync("token", "watch", "--may", "read")).Succeeded().Output.Split('\n', StringSplitOptions.TrimEntries);
        var file = Path.Combine(bed.Directory, "tokens");
        await File.WriteAllTextAsync(file, lines[3]);
        bed.Settings["mta.admin.tokens-file"] = NodeSettings.Text(file);
        await bed.StartAsync();
        await using var browser = await Browser.StartAsync(bed.Node.FileNamed("browser"));
        await browser.Page.GoToAsync($"http://{bed.Settings.Admin}/#/holds");
        await browser.SeesAsync("document.getElementById('token').open");
        await browser.Page.TypeAsync("#token [name=token]", "mta_wrong");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("document.getElementById('token').open && document.querySelector('#token [name=token]').value === ''");
        await browser.Page.TypeAsync("#token [name=token]", lines[1]);
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.ShowsAsync("Nothing is held back");
        await browser.Page.GoToAsync($"http://{bed.Settings.Admin}/#/queue");
        await browser.PressAsync("Try all waiting mail now");
        await browser.PressAsync("Try now", "dialog");
        await browser.ShowsAsync("allows read, not act");
    }

    [SkippableFact]
    public async Task Actors_and_configuration_are_shown_and_no_secret()
    {
        await using var bed = new TestBed(output);
        bed.Settings["mta.events.webhooks.crm.url"] = NodeSettings.Text("http://127.0.0.1:1/");
        bed.Settings["mta.events.webhooks.crm.secret"] = "open-sesame";
        await bed.StartAsync();
        await using var browser = await Browser.StartAsync(bed.Node.FileNamed("browser"));
        await browser.Page.GoToAsync($"http://{bed.Settings.Admin}/#/actors");
        await browser.ShowsAsync("DeliverySupervisorActor");
        await browser.PressAsync("Configuration");
        await browser.ShowsAsync("webhooks");
        Assert.DoesNotContain("open-sesame", await browser.Page.EvaluateExpressionAsync<string>("document.body.innerText"), StringComparison.Ordinal);
        Assert.Empty(browser.Troubles);
    }

    [SkippableFact]
    public async Task Nothing_is_done_that_is_not_confirmed()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "452 4.2.2 the-last-words" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await Eventually.TrueAsync("it waits", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        await using var browser = await Browser.StartAsync(bed.Node.FileNamed("browser"));
        await browser.Page.GoToAsync($"http://{bed.Settings.Admin}/#/queue/example.test");
        await browser.ShowsAsync("the-last-words");
        await browser.PressAsync("Its messages");
        await browser.PressAsync("Remove");
        await browser.SeesAsync("document.querySelector('dialog').open");
        await browser.Page.Keyboard.PressAsync("Escape");
        await browser.SeesAsync("!document.querySelector('dialog').open");
        Assert.Equal(1, (await bed.Node.SummaryAsync()).Messages);

        await browser.PressAsync("Remove");
        await browser.PressAsync("Remove", "dialog");
        await Eventually.TrueAsync("it is gone", async () => (await bed.Node.SummaryAsync()).Messages == 0);
        await browser.ShowsAsync("None.");
        Assert.Empty(browser.Troubles);
    }

    [SkippableFact]
    public async Task Every_page_fits_a_phone_and_is_dark_at_night()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        inbox.Script = turn => turn.Stage == ReceiverStage.Rcpt ? "452 4.2.2 the-last-words-which-are-very-long-and-cannot-be-broken-anywhere-at-all-because-they-have-no-spaces" : null;
        bed.Settings["mta.retry.other"] = "[1h]";
        await bed.StartAsync();
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await Eventually.TrueAsync("it waits", async () => (await bed.Node.SummaryAsync()).Waiting == 1);
        await using var browser = await Browser.StartAsync(bed.Node.FileNamed("browser"));
        await browser.PhoneAsync();
        await browser.DarkAsync();
        foreach (var page in (string[])[.. Pages, "queue/example.test", "trace/bob%40example.test"])
        {
            await browser.Page.GoToAsync($"http://{bed.Settings.Admin}/#/{page}");
            await browser.SeesAsync($"document.querySelector('nav a[aria-current]')?.dataset.page === '{page.Split('/')[0]}' && document.querySelector('main .card') !== null");
            var width = await browser.Page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth");
            Assert.True(width <= 390, $"{page} is {width} pixels wide");
        }
        Assert.Equal("rgb(18, 22, 28)", await browser.Page.EvaluateExpressionAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Empty(browser.Troubles);
    }
}
