using Actors.Mta.Engine.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Looks after the journal's file once a minute: what a drained queue left free goes back to the disk.</summary>
internal sealed partial class JournalKeeper(SqliteJournalFile file, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public JournalKeeper Start()
    {
        _running = RunAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Every);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token)) await MaintainAsync();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task MaintainAsync()
    {
        try
        {
            var freed = await file.MaintainAsync(_stopping.Token);
            if (freed > 0) Shrunk(log, file.Path, freed);
        }
        catch (SqliteException e)
        {
            Failed(log, file.Path, e);
        }
    }

    [LoggerMessage(LogLevel.Information, "journal {Path} gave {Octets} octets back to the disk")]
    private static partial void Shrunk(ILogger log, string path, long octets);

    [LoggerMessage(LogLevel.Warning, "journal {Path} could not be shrunk; tried again in a minute")]
    private static partial void Failed(ILogger log, string path, Exception cause);
}
