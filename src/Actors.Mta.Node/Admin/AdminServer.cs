using System.Net;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Node.Logging;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

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
    /// <exception cref="InvalidDataException">The file of tokens is not usable.</exception>
    /// <exception cref="IO.Tls.CertificateException">A file of mta.admin.tls is not usable.</exception>
    public static async Task<AdminServer> StartAsync(
        MtaConfiguration configuration, MtaNode node, Action leave, string version, NodeLog output, CancellationToken cancel)
    {
        var settings = configuration.Settings!;
        var tokens = settings.Admin.TokensFile.Length > 0 ? AdminToken.Read(settings.Admin.TokensFile) : [];
        // Empty: no appsettings.json, no ASPNETCORE_URLS, no log-in of its own; mta.* is the only configuration.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(output.Factory);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("mta", serviceVersion: version, serviceInstanceId: settings.Hostname))
            .WithMetrics(metrics => Export(metrics, settings.Metrics.Otlp));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
            kestrel.Listen(settings.Admin.Endpoint, listen =>
            {
                if (settings.Admin.Tls.On) AdminTls.Use(listen, settings.Admin.Tls, output.Factory.CreateLogger("Actors.Mta.Admin"));
            });
        });
        var app = builder.Build();
        var guard = new AdminGuard(settings.Hostname, tokens);
        app.UseRouting();
        // The pages hold nothing; what they ask for is asked for with a token. Everything else that is not of the routes is for who may read.
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            if (guard.Refuses(context, context.Request.Path.StartsWithSegments("/metrics") ? AdminRight.Read : null) is { } refusal) await refusal.ExecuteAsync(context);
            else await next(context);
        });
        app.MapPrometheusScrapingEndpoint("/metrics");
        Dashboard.Map(app);
        var log = output.Factory.CreateLogger("Actors.Mta.Admin");
        AdminRoute[] routes =
        [
            .. new NodeRoutes(node.Queue, node.Cluster, () => node.WhyNotReady, node.Reload, leave, configuration, output, node.Dialogues, () => node.Failures, version).All,
            .. new QueueRoutes(node.Queue, node.Trace).All,
            .. new MessageRoutes(node.Injector, settings.Session.Limits.MessageSize).All,
        ];
        new AdminApi(routes, guard, act => Record(act, node, log), version).Map(app);
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

    private static void Export(MeterProviderBuilder metrics, OtlpSettings otlp)
    {
        metrics.AddMeter(ReceptionMeter.Name, "System.Runtime")
            // Who asks wants to know how it is, not how it was when somebody else asked.
            .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0);
        if (otlp.Endpoint is not { } endpoint) return;
        metrics.AddOtlpExporter((exporter, reader) =>
        {
            exporter.Protocol = otlp.OverHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
            // Where the protocol has a path of its own, and none is given.
            exporter.Endpoint = otlp.OverHttp && endpoint.AbsolutePath == "/" ? new Uri(endpoint, "v1/metrics") : endpoint;
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)otlp.Every.TotalMilliseconds;
        });
    }

    private static void Record(AdminAct act, MtaNode node, ILogger log)
    {
        if (act.Refusal is { } why) log.AdminRefused(act.Name, act.Parameters, act.User, act.Client, why);
        else log.AdminDone(act.Name, act.Parameters, act.User, act.Client, act.Messages);
        node.Administered($"{act.Name} {act.Parameters}".TrimEnd(), act.User, act.Client, act.Messages, act.Refusal);
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

internal static partial class AdminLog
{
    [LoggerMessage(80, LogLevel.Information, "administration: {Action} {Parameters} by={User} client={Client} messages={Messages}")]
    public static partial void AdminDone(this ILogger log, string action, string parameters, string? user, string client, int? messages);

    [LoggerMessage(81, LogLevel.Warning, "administration refused: {Action} {Parameters} by={User} client={Client}: {Reason}")]
    public static partial void AdminRefused(this ILogger log, string action, string parameters, string? user, string client, string reason);
}
