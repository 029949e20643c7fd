using System.Collections.Concurrent;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Engine.Authentication;

/// <summary>
/// Checks passwords on a few threads of its own, so that neither actors nor the thread pool wait for hashes. What waits for a
/// thread is bounded; above it a check is refused at once.
/// </summary>
internal sealed class PasswordChecks : IDisposable
{
    /// <summary>Checks that may wait for each thread: at 50 ms each, three seconds.</summary>
    private const int WaitingPerThread = 64;

    private readonly BlockingCollection<Job> _jobs;
    private readonly Func<PasswordHash, string, bool> _matches;

    /// <param name="threads">At least 1.</param>
    public PasswordChecks(int threads, Func<PasswordHash, string, bool>? matches = null)
    {
        _matches = matches ?? PasswordHashing.Matches;
        _jobs = new BlockingCollection<Job>(threads * WaitingPerThread);
        for (var i = 0; i < threads; i++)
            new Thread(Work) { IsBackground = true, Name = $"password check {i}" }.Start();
    }

    /// <returns>Null when too many checks are waiting.</returns>
    /// <exception cref="OperationCanceledException">The caller did not wait for it; an unbegun check is not made.</exception>
    public async Task<bool?> CheckAsync(PasswordHash hash, string password, CancellationToken cancel)
    {
        var job = new Job(hash, password, cancel);
        try
        {
            if (!_jobs.TryAdd(job, 0, CancellationToken.None)) return null;
        }
        catch (InvalidOperationException)
        {
            // Disposed: the node is stopping.
            return null;
        }
        return await job.Result.Task.WaitAsync(cancel);
    }

    public void Dispose() => _jobs.CompleteAdding();

    private void Work()
    {
        foreach (var job in _jobs.GetConsumingEnumerable())
        {
            if (job.Cancel.IsCancellationRequested)
            {
                job.Result.TrySetCanceled(job.Cancel);
                continue;
            }
            try
            {
                job.Result.TrySetResult(_matches(job.Hash, job.Password));
            }
            catch (Exception e)
            {
                // Whatever it is belongs to the caller; the thread goes on.
                job.Result.TrySetException(e);
            }
        }
    }

    private sealed record Job(PasswordHash Hash, string Password, CancellationToken Cancel)
    {
        public TaskCompletionSource<bool> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
