using Serilog.Core;
using Serilog.Events;

namespace Actors.Mta.Node.Logging;

/// <summary>What the log shows (mta.log.level), and for how long it shows something else.</summary>
internal sealed class LogLevels : IDisposable
{
    private static readonly (string Name, LogEventLevel Level)[] Names =
        [("debug", LogEventLevel.Debug), ("info", LogEventLevel.Information), ("warning", LogEventLevel.Warning), ("error", LogEventLevel.Error)];

    private readonly LogEventLevel _usual;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private ITimer? _back;

    /// <param name="usual">debug, info, warning or error; anything else is info.</param>
    public LogLevels(string usual, TimeProvider clock)
    {
        _clock = clock;
        _usual = Find(usual) ?? LogEventLevel.Information;
        Switch = new LoggingLevelSwitch(_usual);
    }

    /// <summary>What the log asks.</summary>
    public LoggingLevelSwitch Switch { get; }

    public string Current => Names.First(n => n.Level == Switch.MinimumLevel).Name;

    /// <summary>When it goes back to what is usual; null: it does not.</summary>
    public DateTimeOffset? Until { get; private set; }

    /// <param name="time">Null: until the next word.</param>
    /// <returns>False: there is no such level.</returns>
    public bool TrySet(string name, TimeSpan? time)
    {
        if (Find(name) is not { } level) return false;
        lock (_gate)
        {
            _back?.Dispose();
            _back = null;
            Until = time is { } t ? _clock.GetUtcNow() + t : null;
            Switch.MinimumLevel = level;
            if (time is { } wait) _back = _clock.CreateTimer(GoBack, null, wait, Timeout.InfiniteTimeSpan);
        }
        return true;
    }

    public void Dispose()
    {
        lock (_gate) _back?.Dispose();
    }

    private void GoBack(object? _)
    {
        lock (_gate)
        {
            // One that was set meanwhile has a timer of its own.
            if (Until is not { } until || _clock.GetUtcNow() < until) return;
            Until = null;
            Switch.MinimumLevel = _usual;
        }
    }

    private static LogEventLevel? Find(string name) => Names.Where(n => n.Name == name).Select(n => (LogEventLevel?)n.Level).FirstOrDefault();
}
