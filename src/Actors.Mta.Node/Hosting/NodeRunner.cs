using System.Reflection;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Node.Admin;
using Actors.Mta.Node.Commands;
using Actors.Mta.Node.Logging;
using Spectre.Console;

namespace Actors.Mta.Node.Hosting;

/// <summary>Runs one node from start to stop.</summary>
internal static class NodeRunner
{
    /// <summary>On top of the drain time-outs: for the last journal writes.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(30);

    public static string Version { get; } =
        typeof(NodeRunner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <param name="origin">Where the configuration comes from, for the screen.</param>
    /// <returns>An exit code.</returns>
    public static async Task<int> RunAsync(MtaConfiguration configuration, string origin)
    {
        var settings = configuration.Settings!;
        await using var log = new NodeLog(settings.Log);
        using var signals = new StopSignals();
        MtaNode? node = null;
        AdminServer? admin = null;
        try
        {
            var akka = configuration.Akka(AkkaLogActor.Configure(log.Factory, settings.Log.Level));
            node = await MtaNode.StartAsync(settings, akka, log.Factory, signals.Token);
            admin = await AdminServer.StartAsync(settings, node.Queue, Version, log.Factory, signals.Token);
            var queued = await node.Queue.SummaryAsync(signals.Token);
            new StartScreen(settings, node, origin, queued.Messages).Write();
            await signals.Received;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            // Stopped while starting: what has started is stopped below.
        }
        catch (Exception e)
        {
            log.Factory.CreateLogger("mta").LogDebug(e, "the node did not start");
            Terminal.Failure(StartFailure.Explain(e, settings));
            await StopAsync(settings, node, admin);
            return ExitCode.Failure;
        }
        Terminal.Error.WriteLine("mta: stopping; messages under way are finished (again to abort)");
        return await StopAsync(settings, node, admin) ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<bool> StopAsync(MtaSettings settings, MtaNode? node, AdminServer? admin)
    {
        if (admin is not null) await admin.DisposeAsync();
        if (node is null) return true;
        var limit = settings.Listeners.Max(l => l.DrainTimeout) + settings.Queue.DrainTimeout + StopMargin;
        try
        {
            await node.StopAsync().WaitAsync(limit);
            return true;
        }
        catch (TimeoutException)
        {
            Terminal.Failure($"not stopped within {limit.TotalSeconds:0} s; ending now. Accepted mail is safe and is taken up at the next start");
            return false;
        }
    }
}
