using System.Net;
using System.Text;
using Actors.Mta.IO.Events;

namespace Actors.Mta.IO.Tests.Events;

/// <summary>Against a real HTTP server.</summary>
public sealed class WebhookClientTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
    private static readonly ReadOnlyMemory<byte>[] Two = ["{\"id\":\"1\"}"u8.ToArray(), "{\"id\":\"2\"}"u8.ToArray()];

    private readonly HttpListener _server = new();
    private readonly Uri _url;

    public WebhookClientTests()
    {
        // The first that is free.
        for (var port = 20_000 + Environment.ProcessId % 20_000; ; port++)
        {
            _url = new Uri($"http://127.0.0.1:{port}/hook");
            _server.Prefixes.Clear();
            _server.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                _server.Start();
                return;
            }
            catch (HttpListenerException)
            {
                // Taken.
            }
        }
    }

    public void Dispose() => _server.Close();

    private WebhookClient Client(string secret = "sesame") => new(new WebhookOptions("crm", _url, secret, new WebhookRequests { Timeout = TimeSpan.FromSeconds(20) }), "mx.test");

    private async Task<(string Body, WebHeaderCollection Headers)> AnswerAsync(int status)
    {
        var context = await _server.GetContextAsync();
        using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        context.Response.StatusCode = status;
        context.Response.Close();
        return (body, (WebHeaderCollection)context.Request.Headers);
    }

    [Fact]
    public async Task A_batch_is_an_array_signed_under_the_secret()
    {
        using var client = Client();
        var answering = AnswerAsync(204);
        Assert.Null(await client.SendAsync(Two, new EventCursor(Noon, 4711), Noon, default));
        var (body, headers) = await answering;
        Assert.Equal("[{\"id\":\"1\"},{\"id\":\"2\"}]", body);
        // printf '1773489600.[{"id":"1"},{"id":"2"}]' | openssl dgst -sha256 -hmac sesame
        Assert.Equal($"t=1773489600,v1={Signature}", headers[WebhookClient.SignatureHeader]);
        Assert.Equal($"mx.test/{Noon.ToUnixTimeMilliseconds()}/4711", headers[WebhookClient.BatchHeader]);
        Assert.StartsWith("application/json", headers["Content-Type"], StringComparison.Ordinal);
    }

    private const string Signature = "48d1978d26b0b166bf55e9cd4b225404cc4e0bbf04ed40abd2b94507ecd8692d";

    [Fact]
    public async Task Without_a_secret_nothing_is_signed()
    {
        using var client = Client("");
        var answering = AnswerAsync(200);
        Assert.Null(await client.SendAsync(Two, default, Noon, default));
        Assert.Null((await answering).Headers[WebhookClient.SignatureHeader]);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(302)]
    [InlineData(404)]
    public async Task Any_other_answer_says_that_it_was_not_taken(int status)
    {
        using var client = Client();
        var answering = AnswerAsync(status);
        Assert.StartsWith($"{status} ", await client.SendAsync(Two, default, Noon, default), StringComparison.Ordinal);
        await answering;
    }

    [Fact]
    public async Task Nobody_there_is_a_reason()
    {
        using var client = Client();
        _server.Close();
        Assert.NotNull(await client.SendAsync(Two, default, Noon, default));
    }
}
