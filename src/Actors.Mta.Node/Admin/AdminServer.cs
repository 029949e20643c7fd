using System.Net;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.Engine.Settings;
using OpenTelemetry.Metrics;

namespace Actors.Mta.Node.Admin;

/// <summary>The HTTP server on mta.admin, and nowhere else.</summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private const int MaxRequestBody = 64 * 1024;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;

    private AdminServer(WebApplication app) => _app = app;

    /// <param name="leave">Has the node stop in order, as a signal would.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<AdminServer> StartAsync(
        MtaSettings settings, MtaNode node, Action leave, string version, ILoggerFactory log, CancellationToken cancel)
    {
        // Empty: no appsettings.json, no ASPNETCORE_URLS, no log-in of its own; mta.* is the only configuration.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(ReceptionMeter.Name, "System.Runtime")
            // Who asks wants to know how it is, not how it was when somebody else asked.
            .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
            kestrel.Listen(settings.Admin.Endpoint);
        });
        var app = builder.Build();
        var guard = new AdminGuard(settings.Hostname);
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            if (guard.Refuses(context.Request) is { } why)
                await AdminApi.Error(StatusCodes.Status403Forbidden, why).ExecuteAsync(context);
            else
                await next(context);
        });
        app.UseRouting();
        app.MapPrometheusScrapingEndpoint("/metrics");
        Dashboard.Map(app);
        new AdminApi(node.Queue, node.Trace, node.Cluster, () => node.WhyNotReady, node.Reload, leave, settings.Hostname, version).Map(app);
        try
        {
            await app.StartAsync(cancel);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return new AdminServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(StopTimeout);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    /// <summary>Signals are the node's affair, not this server's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
