using System.Net;
using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>mta.metrics.otlp: a collector gets what /metrics shows.</summary>
public sealed class MetricsArePushed(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task To_a_collector_over_http()
    {
        await using var bed = new TestBed(output);
        using var collector = new HttpListener();
        var url = $"http://127.0.0.1:{Ports.Free()}/";
        collector.Prefixes.Add(url);
        collector.Start();
        bed.Settings["mta.metrics.otlp.endpoint"] = NodeSettings.Text(url);
        bed.Settings["mta.metrics.otlp.protocol"] = "http";
        bed.Settings["mta.metrics.otlp.every"] = "1s";
        await bed.StartAsync();

        var context = await collector.GetContextAsync().WaitAsync(Eventually.Deadline);
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body);
        context.Response.Close();
        Assert.Equal(("/v1/metrics", "application/x-protobuf"), (context.Request.Url!.AbsolutePath, context.Request.ContentType));
        // Names stand in Protobuf as they are.
        var text = Encoding.Latin1.GetString(body.ToArray());
        foreach (var name in (string[])["mta.queue.messages", "service.name", "dotnet.gc.collections"]) Assert.Contains(name, text, StringComparison.Ordinal);
    }
}
