using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>What the queue decides and remembers; the time is per message, in a partition that holds 100,000.</summary>
[MemoryDiagnoser]
public class QueueBenchmarks
{
    private const int Messages = 1_000;
    private const int Held = 100_000;

    private static readonly RetrySchedule Schedule = new();
    private static readonly SmtpReply Ok = SmtpReply.Of(250, "2.0.0", "Ok");
    private readonly QueuedMessage[] _messages = [.. Enumerable.Range(Held, Messages).Select(Samples.Message)];
    private readonly QueueState _state = QueueState.From(new QueueSnapshot([.. Enumerable.Range(0, Held).Select(Samples.Deferred)]));

    [Benchmark(OperationsPerInvoke = Messages)]
    public int EnqueueAndDeliver()
    {
        foreach (var message in _messages)
        {
            _state.Apply(new QueueEvent.Enqueued(message));
            var outcome = new RecipientOutcome.Delivered(Ok, "mx.example.test[192.0.2.1]:25", PassedDsn: true);
            _state.Apply(Decide.Settle(message, [(0, outcome)], Schedule, message.Due, 0.5));
        }
        return _state.Count;
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public int Defer()
    {
        for (var n = 0; n < Messages; n++)
        {
            var message = _state.Find(Samples.Message(n).Key)!;
            var outcome = new RecipientOutcome.Deferred(Samples.Greylisted, null, DeferralClass.Greylist);
            _state.Apply(Decide.Settle(message, [(0, outcome)], Schedule, message.Due, 0.5));
        }
        return _state.Count;
    }
}
