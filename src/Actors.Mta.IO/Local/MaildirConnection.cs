using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Local;

/// <summary>
/// A "connection" to Maildirs: there is nothing open between messages and nothing to lose. Each recipient is written by itself and
/// has an outcome of its own.
/// </summary>
internal sealed class MaildirConnection(ConnectTarget target, MaildirConnector connector) : ISmtpClientConnection
{
    private readonly string _host = target.ToString();

    public ConnectTarget Target => target;

    public PeerCapabilities Capabilities { get; } = new() { Esmtp = true, EightBitMime = true, SmtpUtf8 = true };

    public string? Tls => null;

    public bool IsAlive => true;

    public async Task<TransactionResult> SendAsync(
        ClientTransaction transaction, ISpoolBody body, Func<ValueTask<bool>>? beforeBody, CancellationToken cancel)
    {
        if (beforeBody is not null && !await beforeBody().ConfigureAwait(false))
        {
            var unrecorded = ReplyClassifier.Classify(
                SmtpStage.Data, SmtpReply.Of(451, "4.3.0", "not written: that it is being written could not be recorded"), _host, passedDsn: false);
            return new TransactionResult([.. transaction.Recipients.Select(_ => unrecorded)], Reusable: true, InDoubt: false);
        }
        var outcomes = ImmutableArray.CreateBuilder<RecipientOutcome>(transaction.Recipients.Length);
        for (var i = 0; i < transaction.Recipients.Length; i++)
        {
            var reply = await connector.WriteAsync(target, transaction, i, body, cancel).ConfigureAwait(false);
            var outcome = ReplyClassifier.Classify(SmtpStage.AfterDot, reply, _host, passedDsn: false);
            outcomes.Add(outcome is RecipientOutcome.Delivered delivered ? delivered with { Final = true } : outcome);
        }
        return new TransactionResult(outcomes.MoveToImmutable(), Reusable: true, InDoubt: false);
    }

    public Task QuitAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
