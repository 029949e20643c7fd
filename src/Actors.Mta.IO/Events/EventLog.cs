using System.Buffers;
using System.Text.Json;
using Actors.Mta.Core.Events;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Events;

/// <summary>
/// Writes events as JSON lines, on a thread of its own: mail never waits for it. What finds its buffer full is dropped and counted. Lines are in the hands
/// of the system after each turn, not on stable storage: what a power cut takes here, the journal still knows as far as it concerns queued mail.
/// </summary>
public sealed class EventLog : IDisposable
{
    private const int Capacity = 100_000;
    private const int Piece = 256 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly EventLogOptions _options;
    private readonly ILogger _log;
    private readonly Thread _thread;
    // The monitor of the five below.
    private readonly object _gate = new();
    private Queue<MailEvent> _waiting = new();
    private long _dropped;
    private bool _ending;
    private long _added;
    private long _done;
    // The thread's own.
    private readonly ArrayBufferWriter<byte> _lines = new(Piece);
    private readonly Utf8JsonWriter _json;
    private FileStream? _file;

    /// <exception cref="IOException">The directory cannot be made.</exception>
    public EventLog(EventLogOptions options, ILogger log)
    {
        (_options, _log) = (options, log);
        _json = new Utf8JsonWriter(_lines, new JsonWriterOptions { Encoder = MailEventJson.Plain.Options.Encoder, SkipValidation = true });
        EventFiles.CreateDirectory(options.Directory);
        _thread = new Thread(Run) { IsBackground = true, Name = "events" };
        _thread.Start();
    }

    /// <summary>Events dropped so far: the disk was too slow, or failed.</summary>
    public long Dropped
    {
        get { lock (_gate) return _dropped; }
    }

    public void Add(MailEvent happened)
    {
        lock (_gate)
        {
            if (_ending || _waiting.Count >= Capacity)
            {
                _dropped++;
                return;
            }
            _waiting.Enqueue(happened);
            _added++;
            if (_waiting.Count == 1) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until what was added is written; for who is about to read.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            var until = _added;
            while (!_ending && _done < until) Monitor.Wait(_gate);
        }
    }

    /// <summary>Writes what was added, and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_ending) return;
            _ending = true;
            Monitor.PulseAll(_gate);
        }
        _thread.Join();
        _json.Dispose();
    }

    private void Run()
    {
        TidyUp();
        var taken = new Queue<MailEvent>();
        while (Take(ref taken))
        {
            var count = taken.Count;
            Write(taken);
            lock (_gate)
            {
                _done += count;
                Monitor.PulseAll(_gate);
            }
            // Under load a turn writes many lines at once.
            if (!Ends()) Thread.Sleep(Pause);
        }
        _file?.Dispose();
    }

    private bool Ends()
    {
        lock (_gate) return _ending;
    }

    /// <returns>False at the end.</returns>
    private bool Take(ref Queue<MailEvent> taken)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_ending) Monitor.Wait(_gate);
            (taken, _waiting) = (_waiting, taken);
            return taken.Count > 0;
        }
    }

    private void Write(Queue<MailEvent> events)
    {
        try
        {
            while (events.TryPeek(out var first))
            {
                _file ??= Begin(first.Time);
                _lines.ResetWrittenCount();
                while (_lines.WrittenCount < Piece && events.TryDequeue(out var happened))
                {
                    _json.Reset(_lines);
                    JsonSerializer.Serialize(_json, happened, MailEventJson.Plain.MailEvent);
                    _json.Flush();
                    _lines.Write("\n"u8);
                }
                _file.Write(_lines.WrittenSpan);
                if (_file.Length >= _options.FileBytes) Rotate(_file);
            }
        }
        catch (Exception e)
        {
            // Whatever it is, mail goes on without events. Those that were not dequeued yet are counted; up to a piece more is lost.
            _log.EventsNotWritten(events.Count, e);
            lock (_gate) _dropped += Math.Max(1, events.Count);
            events.Clear();
            _file?.Dispose();
            _file = null;
            Thread.Sleep(AfterFailure);
        }
    }

    private FileStream Begin(DateTimeOffset first)
    {
        // Two in one millisecond: the later one goes behind.
        for (var time = first; ; time = time.AddMilliseconds(1))
        {
            var path = Path.Combine(_options.Directory, EventFiles.NameAt(time));
            if (!File.Exists(path) && !File.Exists(path + ".gz")) return EventFiles.Create(path);
        }
    }

    private void Rotate(FileStream file)
    {
        var path = file.Name;
        file.Dispose();
        _file = null;
        EventFiles.Compress(path);
        DropOldest();
    }

    /// <summary>What an earlier run left open is complete now.</summary>
    private void TidyUp()
    {
        try
        {
            foreach (var half in Directory.GetFiles(_options.Directory, "events-*.part")) File.Delete(half);
            foreach (var (path, _) in EventFiles.In(_options.Directory).Where(f => !EventFiles.IsCompressed(f.Path))) EventFiles.Compress(path);
            DropOldest();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.EventsNotTidied(e);
        }
    }

    private void DropOldest()
    {
        var files = EventFiles.In(_options.Directory).Select(f => new FileInfo(f.Path)).ToList();
        var all = files.Sum(f => f.Length);
        foreach (var file in files)
        {
            if (all <= _options.KeepBytes) return;
            all -= file.Length;
            file.Delete();
        }
    }
}

internal static partial class EventLogMessages
{
    [LoggerMessage(70, LogLevel.Error, "{Events} events could not be written and are lost; mail goes on")]
    public static partial void EventsNotWritten(this ILogger log, int events, Exception cause);

    [LoggerMessage(71, LogLevel.Warning, "old event files could not be compressed or removed; tried again with the next one")]
    public static partial void EventsNotTidied(this ILogger log, Exception cause);
}
