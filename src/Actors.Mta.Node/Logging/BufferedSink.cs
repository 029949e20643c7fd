using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Actors.Mta.Node.Logging;

/// <summary>
/// A bounded buffer in front of standard output, emptied by a thread of its own: mail never waits for whoever reads the log. Lines
/// that find it full are dropped and counted. After each turn the thread sleeps for a moment: under load a turn writes many lines at
/// once, with one wake-up and one system call.
/// </summary>
internal sealed class BufferedSink : ILogEventSink, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly StandardOutputSink _output;
    private readonly int _capacity;
    private readonly Thread _thread;
    // The monitor of everything below.
    private readonly object _gate = new();
    private Queue<LogEvent> _waiting = new();
    private long _dropped;
    private bool _ending;

    /// <param name="capacity">Lines that may wait.</param>
    public BufferedSink(StandardOutputSink output, int capacity)
    {
        (_output, _capacity) = (output, capacity);
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Lines dropped so far.</summary>
    public long Dropped
    {
        get { lock (_gate) return _dropped; }
    }

    public void Emit(LogEvent logEvent)
    {
        lock (_gate)
        {
            if (_ending || _waiting.Count >= _capacity)
            {
                _dropped++;
                return;
            }
            _waiting.Enqueue(logEvent);
            if (_waiting.Count == 1) Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits until what is in the buffer is written.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ending = true;
            Monitor.Pulse(_gate);
        }
        _thread.Join();
        _output.Dispose();
    }

    private void Run()
    {
        var taken = new Queue<LogEvent>();
        while (Take(ref taken))
        {
            Write(taken);
            Thread.Sleep(Pause);
        }
    }

    /// <returns>False at the end.</returns>
    private bool Take(ref Queue<LogEvent> taken)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_ending) Monitor.Wait(_gate);
            (taken, _waiting) = (_waiting, taken);
            return taken.Count > 0;
        }
    }

    private void Write(Queue<LogEvent> lines)
    {
        try
        {
            while (lines.TryDequeue(out var line)) _output.Emit(line);
            _output.Flush();
        }
        catch (Exception e)
        {
            // Nobody reads any more. There is no other place to say so, and the mail goes on.
            SelfLog.WriteLine("standard output: {0}", e);
            lock (_gate) _dropped += lines.Count;
            lines.Clear();
        }
    }
}
