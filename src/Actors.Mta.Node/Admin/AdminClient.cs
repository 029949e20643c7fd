using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Actors.Mta.Core.Events;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Node.Admin;

/// <summary>Asks the admin interface of a node. Fails with <see cref="AdminException"/> in words for the operator.</summary>
internal sealed class AdminClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _address;

    /// <param name="token">Null: none.</param>
    /// <param name="tls">What it shows and believes, where the address is of https; null: what the machine believes.</param>
    public AdminClient(Uri address, string? token = null, SslClientAuthenticationOptions? tls = null)
    {
        _address = address;
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (tls is not null) handler.SslOptions = tls;
        _http = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Add(AdminGuard.Header, "1");
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Where the node of this configuration answers; a wildcard address is reached on loopback.</summary>
    public static Uri AddressOf(AdminSettings admin)
    {
        var endpoint = admin.Endpoint;
        if (endpoint.Address.Equals(IPAddress.Any)) endpoint = new IPEndPoint(IPAddress.Loopback, endpoint.Port);
        if (endpoint.Address.Equals(IPAddress.IPv6Any)) endpoint = new IPEndPoint(IPAddress.IPv6Loopback, endpoint.Port);
        return new Uri($"{(admin.Tls.On ? "https" : "http")}://{endpoint}/");
    }

    /// <summary>To the node of this configuration: shows its certificate, and believes it.</summary>
    /// <exception cref="IO.Tls.CertificateException">A file of mta.admin.tls cannot be used.</exception>
    public static AdminClient Of(AdminSettings admin, string? token = null)
    {
        var address = AddressOf(admin);
        return new AdminClient(address, token, admin.Tls.On ? AdminTls.ForClient(address, admin.Tls, admin.Tls.Certificate) : null);
    }

    /// <param name="search">Parameters of the query by name; null: not asked for.</param>
    public Task<QueuedMessageView[]> ListAsync(IEnumerable<(string Name, string? Value)> search, int limit, CancellationToken cancel) => AskAsync(
        HttpMethod.Get, $"api/v1/queue?limit={limit}{Parameters(search)}", AdminJson.Plain.QueuedMessageViewArray, cancel);

    /// <param name="action">"remove", "bounce", "expire" or "flush".</param>
    /// <param name="search">Parameters of the query by name; null: not asked for.</param>
    public Task<ActedView> ActAsync(string action, IEnumerable<(string Name, string? Value)> search, bool dryRun, CancellationToken cancel) => AskAsync(
        HttpMethod.Post, $"api/v1/queue/{action}?dry-run={(dryRun ? "true" : "false")}{Parameters(search)}", AdminJson.Plain.ActedView, cancel);

    /// <param name="search">Parameters of the query by name; null: not asked for.</param>
    public Task<HoldResult> HoldAsync(IEnumerable<(string Name, string? Value)> search, bool dryRun, CancellationToken cancel) => AskAsync(
        HttpMethod.Post, $"api/v1/queue/hold?dry-run={(dryRun ? "true" : "false")}{Parameters(search)}", AdminJson.Plain.HoldResult, cancel);

    /// <param name="search">Parameters of the query by name, the route among them; null: not asked for.</param>
    public Task<HoldResult> RerouteAsync(IEnumerable<(string Name, string? Value)> search, bool dryRun, CancellationToken cancel) => AskAsync(
        HttpMethod.Post, $"api/v1/queue/reroute?dry-run={(dryRun ? "true" : "false")}{Parameters(search)}", AdminJson.Plain.HoldResult, cancel);

    public Task<ActedView> ReleaseAsync(string name, CancellationToken cancel) =>
        AskAsync(HttpMethod.Post, $"api/v1/queue/release?name={Uri.EscapeDataString(name)}", AdminJson.Plain.ActedView, cancel);

    public Task<HoldView[]> HoldsAsync(CancellationToken cancel) => AskAsync(HttpMethod.Get, "api/v1/queue/holds", AdminJson.Plain.HoldViewArray, cancel);

    public Task<DomainsView> DomainsAsync(int limit, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, $"api/v1/queue/domains?limit={limit}", AdminJson.Plain.DomainsView, cancel);

    public Task<SiteView[]> SitesAsync(int limit, CancellationToken cancel) => AskAsync(HttpMethod.Get, $"api/v1/sites?limit={limit}", AdminJson.Plain.SiteViewArray, cancel);

    public Task<MailEvent[]> FailuresAsync(int limit, CancellationToken cancel) => AskAsync(HttpMethod.Get, $"api/v1/failures?limit={limit}", AdminJson.Plain.MailEventArray, cancel);

    public Task<QueueSummary> SummaryAsync(CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, "api/v1/queue/summary", AdminJson.Plain.QueueSummary, cancel);

    public Task<QueuedMessageView[]> ShowAsync(string id, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, $"api/v1/queue/{Uri.EscapeDataString(id)}", AdminJson.Plain.QueuedMessageViewArray, cancel);

    public Task<WhyAnswer> WhyAsync(string subject, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, $"api/v1/why/{Uri.EscapeDataString(subject)}", AdminJson.Plain.WhyAnswer, cancel);

    /// <param name="since">A duration; null: a day.</param>
    public Task<TraceView> TraceAsync(string subject, string? since, int limit, CancellationToken cancel) => AskAsync(
        HttpMethod.Get, $"api/v1/trace/{Uri.EscapeDataString(subject)}?limit={limit}{Parameters([("since", since)])}", AdminJson.Plain.TraceView, cancel);

    /// <param name="level">Null: only ask.</param>
    /// <param name="time">A duration; null: until the node ends.</param>
    public Task<LogLevelView> LogLevelAsync(string? level, string? time, CancellationToken cancel) => level is null
        ? AskAsync(HttpMethod.Get, "api/v1/log/levels", AdminJson.Plain.LogLevelView, cancel)
        : AskAsync(HttpMethod.Post, $"api/v1/log/levels?level={Uri.EscapeDataString(level)}{Parameters([("for", time)])}", AdminJson.Plain.LogLevelView, cancel);

    public Task<ReloadLine[]> ReloadAsync(CancellationToken cancel) =>
        AskAsync(HttpMethod.Post, "api/v1/reload", AdminJson.Plain.ReloadLineArray, cancel);

    public Task<ClusterStatus> ClusterAsync(CancellationToken cancel) => AskAsync(HttpMethod.Get, "api/v1/cluster", AdminJson.Plain.ClusterStatus, cancel);

    public Task<LeaveResult> LeaveAsync(CancellationToken cancel) => AskAsync(HttpMethod.Post, "api/v1/cluster/leave", AdminJson.Plain.LeaveResult, cancel);

    /// <summary>/metrics of the node, as Prometheus reads it.</summary>
    public async Task<string> MetricsAsync(CancellationToken cancel)
    {
        try
        {
            return await _http.GetStringAsync(new Uri(_address, "metrics"), cancel);
        }
        catch (HttpRequestException e)
        {
            throw new AdminException($"no metrics at {_address}: {e.Message}", unreachable: true);
        }
    }

    /// <summary>The log of the node, until it ends or is cancelled.</summary>
    /// <param name="match">Null: all lines.</param>
    public Task FollowLogAsync(string? match, Action<string> line, CancellationToken cancel) => FollowAsync($"api/v1/log?{Parameters([("match", match)])}", line, cancel);

    /// <summary>The dialogues of the node's sessions, until it ends or is cancelled.</summary>
    /// <param name="client">An address or a network; null: all.</param>
    /// <param name="domain">Null: all.</param>
    public Task FollowSessionsAsync(string? client, string? domain, Action<string> line, CancellationToken cancel) =>
        FollowAsync($"api/v1/sessions/trace?{Parameters([("client", client), ("domain", domain)])}", line, cancel);

    private async Task FollowAsync(string path, Action<string> line, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_address, path));
        using var response = await SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
            while (await reader.ReadLineAsync(cancel) is { } text) line(text);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new AdminException("the node has ended", unreachable: true);
        }
    }

    /// <summary>True when a node answers.</summary>
    public async Task<bool> IsAliveAsync(CancellationToken cancel)
    {
        try
        {
            await AskAsync(HttpMethod.Get, "health/live", AdminJson.Plain.Alive, cancel);
            return true;
        }
        catch (AdminException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Parameters(IEnumerable<(string Name, string? Value)> all) =>
        string.Concat(all.Where(p => p.Value is not null).Select(p => $"&{p.Name}={Uri.EscapeDataString(p.Value!)}"));

    private async Task<T> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(_address, path));
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, cancel);
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancel) ?? throw new JsonException("the answer is null");
        }
        catch (JsonException)
        {
            throw NoNode();
        }
    }

    /// <returns>A good answer; the caller disposes it.</returns>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancel)
    {
        try
        {
            var response = await _http.SendAsync(request, completion, cancel);
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                var error = await response.Content.ReadFromJsonAsync(AdminJson.Plain.AdminError, cancel);
                throw new AdminException(error?.Error ?? $"the node answered {(int)response.StatusCode}", unreachable: false);
            }
        }
        catch (HttpRequestException e)
        {
            var why = e.InnerException switch
            {
                SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused",
                // The certificate of either: the words of the platform say which.
                AuthenticationException or IOException => $"{e.Message} {e.InnerException.Message}",
                _ => e.Message,
            };
            throw new AdminException(
                $"no node answers at {_address} ({why}). Is one running (mta run)? Another address: --admin URL", unreachable: true);
        }
        catch (JsonException)
        {
            throw NoNode();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new AdminException($"the node at {_address} did not answer within {_http.Timeout.TotalSeconds:0} s", unreachable: true);
        }
    }

    private AdminException NoNode() => new($"what answers at {_address} is not the admin interface of a node", unreachable: true);
}

/// <summary>The node refused, or there is none.</summary>
internal sealed class AdminException(string message, bool unreachable) : Exception(message)
{
    public bool Unreachable { get; } = unreachable;
}
