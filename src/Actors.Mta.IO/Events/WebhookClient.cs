using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Actors.Mta.IO.Events;

/// <summary>
/// Sends batches of events: a JSON array by POST. Signed: "X-Mta-Signature: t=UNIX,v1=HEX", the HMAC-SHA256 of "UNIX." and the body under the secret, so
/// that who has seen a request can neither make one nor use it again later.
/// </summary>
public sealed class WebhookClient : IDisposable
{
    public const string SignatureHeader = "X-Mta-Signature";
    /// <summary>The same for the same batch: who has seen it has had it.</summary>
    public const string BatchHeader = "X-Mta-Batch";
    private const int MostWords = 200;

    private readonly WebhookOptions _options;
    private readonly string _node;
    private readonly HttpClient _http;

    public WebhookClient(WebhookOptions options, string node)
    {
        (_options, _node) = (options, node);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = options.Requests.Timeout };
    }

    /// <param name="lines">Events as they stand in the log.</param>
    /// <returns>Null: it was taken, by a status of 2xx; else why not.</returns>
    public async Task<string?> SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> lines, EventCursor batch, DateTimeOffset now, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url) { Content = new ByteArrayContent(Body(lines)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(BatchHeader, $"{_node}/{batch.File.ToUnixTimeMilliseconds()}/{batch.Offset}");
        if (_options.Secret.Length > 0) request.Headers.Add(SignatureHeader, Sign(await request.Content.ReadAsByteArrayAsync(cancel), _options.Secret, now));
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return response.IsSuccessStatusCode ? null : $"{(int)response.StatusCode} {response.ReasonPhrase}"[..Math.Min(MostWords, 4 + (response.ReasonPhrase?.Length ?? 0))];
        }
        catch (HttpRequestException e)
        {
            return e.InnerException?.Message ?? e.Message;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return $"no answer within {_options.Requests.Timeout.TotalSeconds:0.###} s";
        }
    }

    public static string Sign(ReadOnlySpan<byte> body, string secret, DateTimeOffset now)
    {
        var time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes(time + "."), .. body];
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}";
    }

    public void Dispose() => _http.Dispose();

    private static byte[] Body(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        using var body = new MemoryStream(lines.Sum(l => l.Length + 1) + 2);
        for (var i = 0; i < lines.Count; i++)
        {
            body.WriteByte((byte)(i == 0 ? '[' : ','));
            body.Write(lines[i].Span);
        }
        body.WriteByte((byte)']');
        return body.ToArray();
    }
}
