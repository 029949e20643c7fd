using Akka.Actor;
using Akka.Event;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.Node.Logging;

/// <summary>
/// Carries what the actor system logs into the program's log. Akka makes loggers by type name before anything of ours
/// runs in the system, so the factory is handed over in a static field; one node per process.
/// </summary>
internal sealed class AkkaLogActor : ReceiveActor
{
    private static ILoggerFactory _factory = NullLoggerFactory.Instance;

    public AkkaLogActor()
    {
        Receive<LogEvent>(Write);
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
    }

    /// <summary>HOCON that makes the actor system log here.</summary>
    /// <param name="level">mta.log.level.</param>
    public static string Configure(ILoggerFactory factory, string level)
    {
        _factory = factory;
        return $$"""
            akka {
              loggers = ["{{typeof(AkkaLogActor).AssemblyQualifiedName}}"]
              loglevel = {{level.ToUpperInvariant()}}
              stdout-loglevel = OFF
              log-dead-letters = off
              log-dead-letters-during-shutdown = off
            }
            """;
    }

    private static void Write(LogEvent e)
    {
        var level = e switch
        {
            Error => Microsoft.Extensions.Logging.LogLevel.Error,
            Warning => Microsoft.Extensions.Logging.LogLevel.Warning,
            Info => Microsoft.Extensions.Logging.LogLevel.Information,
            _ => Microsoft.Extensions.Logging.LogLevel.Debug,
        };
        var log = _factory.CreateLogger(e.LogClass.FullName ?? e.LogClass.Name);
        if (log.IsEnabled(level)) log.Log(level, e.Cause, "{Message} ({Source})", e.Message, e.LogSource);
    }
}
