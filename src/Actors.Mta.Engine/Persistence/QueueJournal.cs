using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.IO.Databases;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// The journal of Akka.Persistence.Sql with a way of its own to write: rows of all persistent actors that wait go into one transaction by one
/// prepared statement, where the package builds the statement anew each time and needs three ways to the database and back.
/// What it writes is what the package writes, and reading, deleting and the tables are the package's (docs/adr/0011).
/// A write that fails fails its actor, which recovers from what is there.
/// </summary>
public sealed class QueueJournal : SqlWriteJournal
{
    /// <summary>Writes in one transaction.</summary>
    private const int Most = 200;

    private readonly IJournalRows _rows;
    private readonly Gathering<Writing> _writing;
    private readonly Akka.Serialization.Serialization _serialization = Context.System.Serialization;
    /// <summary>The latest write of each persistent actor, while it is under way.</summary>
    private readonly ConcurrentDictionary<string, Task> _underWay = new();

    private sealed record Writing(List<JournalRow> Rows, CancellationToken Cancel)
    {
        public TaskCompletionSource<IImmutableList<Exception>> Done { get; } = new();
    }

    /// <param name="config">akka.persistence.journal.sql, as the package has it.</param>
    public QueueJournal(Config config) : base(config)
    {
        _rows = Context.System.Settings.Setup.Get<JournalRowsSetup>().Value.Rows;
        _writing = new Gathering<Writing>(Most, _rows.Side, WriteAsync);
    }

    /// <inheritdoc/>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancel)
    {
        Writing writing;
        try
        {
            writing = new Writing(RowsOf(messages), cancel);
        }
        catch (Exception e)
        {
            return Task.FromException<IImmutableList<Exception>>(e);
        }
        if (writing.Rows.Count == 0) return Task.FromResult<IImmutableList<Exception>>(null!);
        var (id, done) = (writing.Rows[0].PersistenceId, writing.Done.Task);
        _underWay[id] = done;
        done.ContinueWith(
            (ended, _) => _underWay.TryRemove(new KeyValuePair<string, Task>(id, ended)), null, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (!_writing.TryAdd(writing)) writing.Done.SetException(new IOException("The journal is closing."));
        return done;
    }

    /// <inheritdoc/>
    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancel)
    {
        // An actor that came back must not miss what its forerunner's last write brings; how that one ends is its own matter.
        if (_underWay.TryGetValue(persistenceId, out var last)) await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, cancel).ConfigureAwait(false);
    }

    protected override void PostStop()
    {
        base.PostStop();
        // What waits is still written.
        _ = _writing.DisposeAsync();
    }

    private async Task WriteAsync(IReadOnlyList<Writing> gathered)
    {
        // The circuit breaker has told the actor already that its write failed: it must not come after all.
        foreach (var late in gathered.Where(w => w.Cancel.IsCancellationRequested)) late.Done.SetCanceled(late.Cancel);
        var batch = gathered.Where(w => !w.Done.Task.IsCompleted).ToList();
        if (batch.Count == 0) return;
        try
        {
            var began = Stopwatch.GetTimestamp();
            var rows = batch.Count == 1 ? batch[0].Rows : [.. batch.SelectMany(w => w.Rows)];
            await _rows.InsertAsync(rows).ConfigureAwait(false);
            JournalMeter.Wrote(began, rows.Count);
        }
        catch (Exception e) when (batch.Count > 1 && _rows.IsConflict(e))
        {
            // One of them comes from an owner that was replaced, which is not the others' fault.
            foreach (var one in batch) await WriteAsync([one]).ConfigureAwait(false);
            return;
        }
        catch (Exception e)
        {
            foreach (var one in batch) one.Done.SetException(e);
            return;
        }
        // No exception, as the base class reads it: all were taken.
        foreach (var one in batch) one.Done.SetResult(null!);
    }

    private List<JournalRow> RowsOf(IEnumerable<AtomicWrite> messages)
    {
        var (rows, now) = (new List<JournalRow>(1), DateTime.UtcNow.Ticks);
        foreach (var message in messages)
        {
            foreach (var one in (IEnumerable<IPersistentRepresentation>)message.Payload)
            {
                var serializer = _serialization.FindSerializerFor(one.Payload);
                rows.Add(new JournalRow(
                    one.PersistenceId, one.SequenceNr, one.Timestamp == 0 ? now : one.Timestamp,
                    Akka.Serialization.Serialization.ManifestFor(serializer, one.Payload), serializer.Identifier, serializer.ToBinary(one.Payload),
                    one.WriterGuid));
            }
        }
        return rows;
    }
}
