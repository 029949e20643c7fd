using System.Runtime.CompilerServices;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// The one thread on which this process works on its SQLite file. SQLite has one writer at a time and its .NET client
/// is synchronous: spread over the thread pool, transactions would hold pool threads during each sync and wait for
/// each other by sleeping. In a row on one thread nobody waits in vain, and the journal, which is not blocked,
/// gathers rows for the next transaction meanwhile.
/// </summary>
/// <remarks>
/// After <c>await thread.Enter()</c> the code that follows runs here until its next real wait. Once disposed, it sends
/// such code to the thread pool: late work is slower, never lost.
/// </remarks>
internal sealed class SqliteThread : IDisposable
{
    // Guarded by itself, with Monitor: unlike a BlockingCollection it lets the thread wait without spinning first.
    private readonly Queue<Action> _work = new();
    private readonly Thread _thread;
    private bool _ending;

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
        lock (_work)
        {
            _ending = true;
            Monitor.Pulse(_work);
        }
        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    private void Run()
    {
        while (Next() is { } action) action();
    }

    /// <summary>Null at the end.</summary>
    private Action? Next()
    {
        lock (_work)
        {
            Action? next;
            while (!_work.TryDequeue(out next) && !_ending) Monitor.Wait(_work);
            return next;
        }
    }

    private void Post(Action continuation)
    {
        lock (_work)
        {
            if (!_ending)
            {
                _work.Enqueue(continuation);
                Monitor.Pulse(_work);
                return;
            }
        }
        ThreadPool.UnsafeQueueUserWorkItem(static c => c(), continuation, preferLocal: false);
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
