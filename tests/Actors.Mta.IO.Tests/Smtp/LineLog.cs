using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>What an operator reads by default, as "Level text".</summary>
internal sealed class LineLog : ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) Lines.Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}
