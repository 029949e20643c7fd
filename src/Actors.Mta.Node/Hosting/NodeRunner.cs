using System.Reflection;
using System.Runtime.InteropServices;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Node.Admin;
using Actors.Mta.Node.Commands;
using Actors.Mta.Node.Logging;

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
        await using var output = new NodeLog(settings.Log);
        // Once the node runs, all words go through its log: the console blocks with whoever reads it, even standard error.
        var log = output.Factory.CreateLogger("mta");
        using var signals = new StopSignals();
        MtaNode? node = null;
        AdminServer? admin = null;
        try
        {
            var akka = configuration.Akka(AkkaLogActor.Configure(output.Factory, settings.Log.Level));
            // From the first moment on: unheard, the signal would end a node that still recovers its queue.
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => OnHangUp(context, node, log));
            node = await MtaNode.StartAsync(settings, akka, output.Factory, signals.Token);
            if (settings.Cluster.Has(NodeRole.Admin)) admin = await AdminServer.StartAsync(configuration, node, signals.Stop, Version, output, signals.Token);
            new StartScreen(settings, node, origin, await CountAsync(node, signals.Token)).Write();
            if (await Task.WhenAny(signals.Received, node.WhenTerminated) != signals.Received)
            {
                log.LogCritical("the actor system has ended by itself; the node ends, too");
                await StopAsync(settings, node, admin, log);
                return ExitCode.Failure;
            }
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            // Stopped while starting: what has started is stopped below.
        }
        catch (Exception e)
        {
            log.LogDebug(e, "the node did not start");
            // First its own ports free again, then the question who holds them.
            await StopAsync(settings, node, admin, log);
            Terminal.Failure(StartFailure.Explain(e, settings));
            return StartFailure.IsMistake(e) ? ExitCode.Configuration : ExitCode.Failure;
        }
        log.LogInformation("stopping: what is under way is finished; a second signal aborts");
        return await StopAsync(settings, node, admin, log) ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>SIGHUP: files that can change at run time are read again.</summary>
    /// <param name="node">Null while it starts, reading them anyway.</param>
    private static void OnHangUp(PosixSignalContext context, MtaNode? node, ILogger log)
    {
        context.Cancel = true;
        try
        {
            foreach (var line in node?.Reload() ?? [])
            {
                if (line.Good) log.LogInformation("reloaded {What}", line.Text);
                else log.LogError("not reloaded: {What}", line.Text);
            }
        }
        catch (Exception e)
        {
            // Thrown on, it would end the process, and with it a node that works with what it has.
            log.LogError(e, "not reloaded; what was in force stays");
        }
    }

    /// <summary>Messages in the queue; null when it is too busy to say, or partitions of it are just being taken over. That is no reason not to run.</summary>
    private static async Task<int?> CountAsync(MtaNode node, CancellationToken cancel)
    {
        try
        {
            return (await node.Queue.SummaryAsync(cancel)).Messages;
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            return null;
        }
    }

    private static async Task<bool> StopAsync(MtaSettings settings, MtaNode? node, AdminServer? admin, ILogger log)
    {
        if (admin is not null) await admin.DisposeAsync();
        if (node is null) return true;
        var limit = settings.EnabledListeners.Max(l => l.Options.DrainTimeout) + settings.Queue.DrainTimeout + StopMargin;
        try
        {
            await node.StopAsync().WaitAsync(limit);
            log.LogInformation("stopped");
            return true;
        }
        catch (TimeoutException)
        {
            log.LogError("not stopped within {Seconds} s; ending now. Accepted mail is safe and is taken up at the next start", limit.TotalSeconds);
            return false;
        }
        catch (Exception e)
        {
            log.LogError(e, "not stopped cleanly. Accepted mail is safe and is taken up at the next start");
            return false;
        }
    }
}
