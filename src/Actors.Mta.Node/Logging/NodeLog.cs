using Actors.Mta.Engine.Settings;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace Actors.Mta.Node.Logging;

/// <summary>
/// The log of the node on standard output, text or JSON. Lines go through a bounded buffer to a thread of their own: when
/// whoever reads standard output stops reading, lines are dropped and counted, and mail goes on.
/// </summary>
internal sealed class NodeLog : IAsyncDisposable
{
    private const int BufferedLines = 50_000;
    private const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(3);

    private readonly Logger _logger;
    private readonly SerilogLoggerFactory _factory;
    private readonly BufferedSink _buffer;
    private readonly Timer _report;
    private long _reported;

    public NodeLog(LogSettings settings)
    {
        Levels = new LogLevels(settings.Level, TimeProvider.System);
        ITextFormatter format = settings.Format == "json" ? new RenderedCompactJsonFormatter() : new MessageTemplateTextFormatter(Template);
        _buffer = new BufferedSink(new StandardOutputSink(format, Console.OpenStandardOutput()), BufferedLines);
        _logger = new LoggerConfiguration()
            .MinimumLevel.ControlledBy(Levels.Switch)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            // What does not start is told by the runner, in one line.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting", LogEventLevel.Fatal)
            .WriteTo.Sink(_buffer)
            .WriteTo.Sink(Followed)
            .CreateLogger();
        _factory = new SerilogLoggerFactory(_logger);
        _report = new Timer(_ => ReportDrops(), null, ReportInterval, ReportInterval);
    }

    public ILoggerFactory Factory => _factory;

    /// <summary>The same lines, as text, for who follows them.</summary>
    public FollowedLog Followed { get; } = new(new MessageTemplateTextFormatter(Template));

    /// <summary>What of it is shown.</summary>
    public LogLevels Levels { get; }

    /// <summary>Writes what is buffered, but waits no longer than a few seconds for a reader that does not read.</summary>
    public async ValueTask DisposeAsync()
    {
        await _report.DisposeAsync();
        Levels.Dispose();
        ReportDrops();
        // Dispose waits for the writing thread, which may hang in a full pipe for ever.
        await Task.WhenAny(Task.Run(_factory.Dispose), Task.Delay(FlushTimeout));
        await Task.WhenAny(Task.Run(_logger.Dispose), Task.Delay(FlushTimeout));
    }

    private void ReportDrops()
    {
        var dropped = _buffer.Dropped;
        var before = Interlocked.Exchange(ref _reported, dropped);
        if (dropped > before) _logger.Warning("{Dropped} log lines were dropped: standard output is not read fast enough", dropped - before);
    }
}
