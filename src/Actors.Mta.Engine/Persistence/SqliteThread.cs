using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// The one thread on which this process works on its SQLite file. SQLite has one writer at a time and its .NET client
/// is synchronous: spread over the thread pool, transactions would hold pool threads during each sync and wait for
/// each other by sleeping. In a row on one thread nobody waits in vain, and the journal's stream, which is not blocked,
/// gathers rows for the next transaction meanwhile.
/// </summary>
/// <remarks>
/// After <c>await thread.Enter()</c> the code that follows runs here until its next real wait. Once disposed, it sends
/// such code to the thread pool: late work is slower, never lost.
/// </remarks>
internal sealed class SqliteThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public SqliteThread(string name)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public Entry Enter() => new(this);

    /// <summary>Does the work there; the caller goes on elsewhere.</summary>
    public Task<T> Run<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Ends the thread after the work that waits. Can be called on the thread itself.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable()) action();
    }

    private void Post(Action continuation)
    {
        try
        {
            _work.Add(continuation);
        }
        catch (InvalidOperationException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static c => c(), continuation, preferLocal: false);
        }
    }

    /// <summary>Awaited to move onto the thread.</summary>
    public readonly struct Entry(SqliteThread thread) : ICriticalNotifyCompletion
    {
        public Entry GetAwaiter() => this;

        public bool IsCompleted => false;

        public void GetResult() { }

        public void OnCompleted(Action continuation) => thread.Post(continuation);

        public void UnsafeOnCompleted(Action continuation) => thread.Post(continuation);
    }
}
