using System.Collections.Immutable;
using System.Diagnostics;
using Actors.Mta.Engine.Metrics;
using Akka.Actor;
using Akka.Dispatch;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// Names dispatchers on which nothing moves. A piece of work is put on each every second; one that is not done after five looks at it is logged and counted
/// (mta_dispatchers_stalled). It has a thread of its own, as those that it watches may be the ones that stand still. A process that was stopped
/// altogether looks at nothing meanwhile, and blames nobody.
/// </summary>
internal sealed partial class DispatcherWatch : IDisposable
{
    private const int Patience = 5;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly ImmutableArray<Watched> _all;
    private readonly Func<bool> _ended;
    private readonly ILogger _log;
    private readonly ManualResetEventSlim _stopping = new();
    private Thread? _thread;

    /// <param name="dispatchers">Their names, and how work is put on them.</param>
    /// <param name="ended">They do nothing any more, and are not to.</param>
    public DispatcherWatch(IEnumerable<(string Name, Action<Action> Run)> dispatchers, Func<bool> ended, ILogger log) =>
        (_all, _ended, _log) = ([.. dispatchers.Select(d => new Watched(d.Name, d.Run))], ended, log);

    /// <summary>Those of a node: of its actors, of Akka itself, and the thread pool that both work with.</summary>
    public static DispatcherWatch Of(ActorSystem system, ILogger log) => new(
        [
            ("default", system.Dispatchers.Lookup(Dispatchers.DefaultDispatcherId).Schedule),
            ("internal", system.Dispatchers.Lookup("akka.actor.internal-dispatcher").Schedule),
            ("thread-pool", work => ThreadPool.UnsafeQueueUserWorkItem(static w => w(), work, preferLocal: false)),
        ],
        () => system.WhenTerminated.IsCompleted, log);

    public DispatcherWatch Start()
    {
        _thread = new Thread(() =>
        {
            while (!_stopping.Wait(Every)) Look();
        })
        {
            IsBackground = true,
            Name = "dispatcher watch",
        };
        _thread.Start();
        return this;
    }

    public void Dispose()
    {
        _stopping.Set();
        _thread?.Join();
        foreach (var watched in _all.Where(w => w.Stalled)) DispatcherMeter.Moves();
        _stopping.Dispose();
    }

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        foreach (var watched in _all)
        {
            // A system that ends by itself is told of by others.
            if (_ended()) return;
            Look(watched);
        }
    }

    private void Look(Watched watched)
    {
        if (watched.Waits)
        {
            if (++watched.Looks != Patience) return;
            watched.Stalled = true;
            DispatcherMeter.Stalls();
            Stalled(_log, watched.Name, Patience, ThreadPool.ThreadCount, ThreadPool.PendingWorkItemCount);
            return;
        }
        if (watched.Stalled)
        {
            watched.Stalled = false;
            DispatcherMeter.Moves();
            MovesAgain(_log, watched.Name, watched.Looks);
        }
        watched.Begin();
    }

    private sealed class Watched(string name, Action<Action> run)
    {
        private volatile bool _waits;

        public string Name => name;

        /// <summary>Its piece of work is not done yet.</summary>
        public bool Waits => _waits;

        /// <summary>At the piece of work that waits.</summary>
        public int Looks { get; set; }

        public bool Stalled { get; set; }

        public void Begin()
        {
            (_waits, Looks) = (true, 0);
            var began = Stopwatch.GetTimestamp();
            try
            {
                run(() =>
                {
                    DispatcherMeter.Waited(name, Stopwatch.GetElapsedTime(began));
                    _waits = false;
                });
            }
            catch (RejectedExecutionException)
            {
                // It is just being ended.
                _waits = false;
            }
        }
    }

    [LoggerMessage(90, LogLevel.Error, "dispatcher {Dispatcher} has made no progress for {Seconds} s: all of its threads are busy or wait for something ({Threads} threads in the pool, {Pending} pieces of work wait)")]
    private static partial void Stalled(ILogger log, string dispatcher, int seconds, int threads, long pending);

    [LoggerMessage(91, LogLevel.Warning, "dispatcher {Dispatcher} moves again, after {Seconds} s")]
    private static partial void MovesAgain(ILogger log, string dispatcher, int seconds);
}
