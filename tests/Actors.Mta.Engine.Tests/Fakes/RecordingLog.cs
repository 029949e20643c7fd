using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>Keeps the lines that were logged.</summary>
internal sealed class RecordingLog : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public int Count(string start) => _lines.Count(l => l.StartsWith(start, StringComparison.Ordinal));

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));
}
