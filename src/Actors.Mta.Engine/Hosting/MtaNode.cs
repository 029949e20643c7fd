using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Smtp;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Placeholder of the hosting room, until the node itself lands.</summary>
public sealed class MtaNode : IQueueView
{
    public static Task<MtaNode> StartAsync(
        MtaSettings settings, Akka.Configuration.Config akka, ILoggerFactory log, CancellationToken cancel) => Task.FromResult(new MtaNode());
    public IReadOnlyList<ISmtpListener> Listeners => [];
    public IQueueView Queue => this;
    public Task StopAsync() => Task.CompletedTask;
    public Task<QueueSummary> SummaryAsync(CancellationToken cancel) => Task.FromResult(new QueueSummary(1, 1, 1, 0, 0, DateTimeOffset.UtcNow));
    public Task<IReadOnlyList<QueuedMessageView>> ListAsync(QueueFilter filter, CancellationToken cancel) => Task.FromResult<IReadOnlyList<QueuedMessageView>>(Sample());
    public Task<QueuedMessageView[]> ShowAsync(MessageId id, CancellationToken cancel) => Task.FromResult(Sample());
    public Task<int> FlushAsync(DomainName? domain, CancellationToken cancel) => Task.FromResult(1);
    private static QueuedMessageView[] Sample() =>
        [new("01J00000000000000000000000", "example.test", "a@example.test", DateTimeOffset.UtcNow.AddMinutes(-7), 4096, "waiting", "delivery-03",
            "451 4.7.1 Greylisted", DateTimeOffset.UtcNow.AddMinutes(5), 1, [new("b@example.test", "451 4.7.1 Greylisted, try again", "mx.example.test[192.0.2.1]:25")])];
}
