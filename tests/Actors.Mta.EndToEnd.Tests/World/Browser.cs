using System.Collections.Concurrent;
using PuppeteerSharp;
using PuppeteerSharp.Media;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A headless Chromium with one page, which notes what it asked of whom and what went wrong in it.</summary>
public sealed class Browser : IAsyncDisposable
{
    private static readonly int Patience = (int)Eventually.Deadline.TotalMilliseconds;

    private readonly IBrowser _browser;
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentQueue<string> _troubles = new();

    private Browser(IBrowser browser, IPage page)
    {
        (_browser, Page) = (browser, page);
        page.DefaultTimeout = Patience;
        page.Request += (_, e) => _asked.Enqueue(e.Request.Url);
        page.PageError += (_, e) => _troubles.Enqueue(e.Message);
        page.Console += (_, e) =>
        {
            // A page that is not there, or that says 404, is the script's to handle: the console tells of it all the same.
            if (e.Message.Type == ConsoleType.Error && !e.Message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) _troubles.Enqueue(e.Message.Text);
        };
    }

    public IPage Page { get; }

    /// <summary>Every address that was asked for.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    /// <summary>Exceptions of scripts, and what the browser refused by the page's own policy.</summary>
    public IReadOnlyCollection<string> Troubles => _troubles;

    /// <summary>Skips the running test when there is no Chromium.</summary>
    public static async Task<Browser> StartAsync(string profile)
    {
        var browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = Programs.Find("chromium") ?? Programs.Require("chromium-headless-shell"),
            UserDataDir = profile,
            // Tests run as root, in containers with a small /dev/shm.
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
            Timeout = Patience,
        });
        return new Browser(browser, await browser.NewPageAsync());
    }

    /// <summary>Waits until a condition of the page, in JavaScript, is true.</summary>
    public async Task SeesAsync(string condition)
    {
        try
        {
            await Page.WaitForExpressionAsync(condition);
        }
        catch (WaitTaskTimeoutException)
        {
            Assert.Fail($"the page never came to: {condition}\n{await Page.EvaluateExpressionAsync<string>("document.body.innerText")}\n{string.Join('\n', Troubles)}");
        }
    }

    /// <summary>Waits until the page shows a text.</summary>
    public Task ShowsAsync(string text) => SeesAsync($"document.body.innerText.includes({System.Text.Json.JsonSerializer.Serialize(text)})");

    /// <summary>Presses the button, or follows the link, of this name.</summary>
    public async Task PressAsync(string name, string within = "body")
    {
        var find = $"[...document.querySelectorAll('{within} button, {within} a')].find(e => e.innerText.trim() === {System.Text.Json.JsonSerializer.Serialize(name)} && e.checkVisibility())";
        await SeesAsync($"!!{find}");
        await Page.EvaluateExpressionAsync($"{find}.click()");
    }

    public Task PhoneAsync() => Page.SetViewportAsync(new ViewPortOptions { Width = 390, Height = 844, IsMobile = true, HasTouch = true });

    public Task DarkAsync() => Page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = "dark" }]);

    public async ValueTask DisposeAsync() => await _browser.DisposeAsync();
}
