using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Delivery;
using Akka.Actor;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Asks all partitions and puts their answers together.</summary>
internal sealed class QueueView(ActorSystem system, IActorRef region, int partitions) : IQueueView
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<QueueSummary> SummaryAsync(CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Counts>(DeliveryProtocol.GetCounts.Instance, cancel);
        return new QueueSummary(
            all.Sum(c => c.Messages), all.Sum(c => c.Recipients), all.Sum(c => c.Waiting), all.Sum(c => c.Ready),
            all.Sum(c => c.Delivering), all.Min(c => c.Oldest));
    }

    public async Task<IReadOnlyList<QueuedMessageView>> ListAsync(QueueFilter filter, CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Messages>(new DeliveryProtocol.GetMessages(filter.Domain, null, filter.Limit), cancel);
        return [.. all.SelectMany(m => m.All).OrderBy(s => s.Deadline ?? DateTimeOffset.MaxValue).ThenBy(s => s.Message.Envelope.Id)
            .Take(filter.Limit).Select(View)];
    }

    public async Task<QueuedMessageView[]> ShowAsync(MessageId id, CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Messages>(new DeliveryProtocol.GetMessages(null, id, int.MaxValue), cancel);
        return [.. all.SelectMany(m => m.All).OrderBy(s => s.Message.Domain.Value, StringComparer.Ordinal).Select(View)];
    }

    public async Task<int> FlushAsync(DomainName? domain, CancellationToken cancel)
    {
        var all = await GatherAsync<DeliveryProtocol.Flushed>(new DeliveryProtocol.Flush(domain), cancel);
        return all.Sum(f => f.Messages);
    }

    private static QueuedMessageView View(DeliveryProtocol.MessageStatus status)
    {
        var message = status.Message;
        return new QueuedMessageView(
            message.Envelope.Id.ToString(), message.Domain.Value, message.Envelope.Sender.Text, message.Envelope.Arrived,
            message.Envelope.Size, status.Place.ToString().ToLowerInvariant(), status.Owner, status.Reason, status.Deadline, message.Attempts,
            [.. message.Recipients.Select(r => new RecipientView(r.Recipient.Address.Text, r.LastReply?.ToString(), r.LastHost))]);
    }

    private async Task<ImmutableArray<T>> GatherAsync<T>(DeliveryProtocol.IQuestion query, CancellationToken cancel)
    {
        var gathered = new TaskCompletionSource<ImmutableArray<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var collector = system.ActorOf(ActorProps.Of(() => new Collector<T>(partitions, gathered)));
        region.Tell(query, collector);
        try
        {
            return await gathered.Task.WaitAsync(Patience, cancel);
        }
        finally
        {
            system.Stop(collector);
        }
    }

    /// <summary>Collects one answer from each partition.</summary>
    private sealed class Collector<T> : ReceiveActor
    {
        private readonly ImmutableArray<T>.Builder _answers;

        public Collector(int expected, TaskCompletionSource<ImmutableArray<T>> gathered)
        {
            _answers = ImmutableArray.CreateBuilder<T>(expected);
            Receive<T>(answer =>
            {
                _answers.Add(answer);
                if (_answers.Count == expected) gathered.TrySetResult(_answers.ToImmutable());
            });
            Receive<DeliveryProtocol.Unavailable>(u => gathered.TrySetException(
                new InvalidOperationException($"Partition {u.Partition} of the queue is down: {u.Reason}.")));
        }
    }
}
