using System.Text;
using Serilog.Events;
using Serilog.Formatting;

namespace Actors.Mta.Node.Logging;

/// <summary>
/// Writes lines to standard output, with control characters made visible so that nothing a peer said can forge a line or
/// steer a terminal. Called by one thread, which flushes when it has no more.
/// </summary>
/// <param name="output">Standard output, or what stands for it.</param>
internal sealed class StandardOutputSink(ITextFormatter format, Stream output) : IDisposable
{
    private readonly StreamWriter _output = new(output, new UTF8Encoding(false), 64 * 1024) { AutoFlush = false };
    private readonly StringWriter _line = new();

    public void Emit(LogEvent logEvent)
    {
        var text = _line.GetStringBuilder().Clear();
        format.Format(logEvent, _line);
        if (logEvent.Exception is null) Clean(text);
        foreach (var chunk in text.GetChunks()) _output.Write(chunk.Span);
    }

    public void Flush() => _output.Flush();

    public void Dispose() => _output.Dispose();

    /// <summary>All but the final line end.</summary>
    private static void Clean(StringBuilder line)
    {
        for (var i = line.Length - 2; i >= 0; i--)
            if (char.IsControl(line[i])) line[i] = '\uFFFD';
    }
}
