using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Somebody who is sent events by HTTP; takes them, or does not, as it is told.</summary>
public sealed class HookReceiver : IAsyncDisposable
{
    private readonly HttpListener _server = new();
    private readonly ConcurrentQueue<(string Event, string? Id)> _taken = new();
    private readonly Task _serving;
    private int _refused;

    public HookReceiver()
    {
        Url = new Uri($"http://127.0.0.1:{Ports.Free()}/hook");
        _server.Prefixes.Add($"http://127.0.0.1:{Url.Port}/");
        _server.Start();
        _serving = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>500 for whatever comes.</summary>
    public bool Refuses { get; set; }

    public int Refused => Volatile.Read(ref _refused);

    /// <summary>In their order: what each event was, and of which message.</summary>
    public IReadOnlyList<(string Event, string? Id)> Taken => [.. _taken];

    public async ValueTask DisposeAsync()
    {
        _server.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (_server.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            using var events = JsonDocument.Parse(await reader.ReadToEndAsync());
            if (Refuses) Interlocked.Increment(ref _refused);
            else
            {
                foreach (var happened in events.RootElement.EnumerateArray())
                    _taken.Enqueue((happened.GetProperty("event").GetString()!, happened.TryGetProperty("id", out var id) ? id.GetString() : null));
            }
            context.Response.StatusCode = Refuses ? 500 : 204;
            context.Response.Close();
        }
    }
}
