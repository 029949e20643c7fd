using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.IO.Smtp;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// The asynchronous half of a ConnectionActor: connects when there is no usable connection, sends, splits recipients as the
/// peer's limit asks, and tries once more on a fresh connection when a reused one turns out to be dead. One call at a time.
/// </summary>
internal sealed class OutboundLink(MxPlan.Deliver plan, DeliveryParts parts)
{
    private ISmtpClientConnection? _connection;

    /// <param name="ConnectFailure">What the last target said when none could be used.</param>
    public sealed record Sent(TransactionResult Result, string? Host, string? Tls, SmtpReply? ConnectFailure);

    public bool IsOpen => _connection is not null;

    public async Task<Sent> SendAsync(SiteProtocol.Transmit transmit, Action opened, CancellationToken cancel)
    {
        using var body = transmit.Body;
        var reused = _connection is { IsAlive: true };
        if (!reused && await OpenAsync(transmit, opened, cancel) is { } failed) return failed;
        var sent = await SendAllAsync(transmit, cancel);
        if (!reused || !WasDead(sent.Result)) return sent;
        // The peer closed between messages, as some do after a number of them; that says nothing about this message.
        return await OpenAsync(transmit, opened, cancel) ?? await SendAllAsync(transmit, cancel);
    }

    public async Task QuitAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        try
        {
            await connection.QuitAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The mail is settled already; how the peer takes our leave changes nothing.
            parts.Log.LogDebug(e, "QUIT to {Target} failed", connection.Target);
        }
        await connection.DisposeAsync();
    }

    private async Task<Sent?> OpenAsync(SiteProtocol.Transmit transmit, Action opened, CancellationToken cancel)
    {
        if (_connection is { } old) await old.DisposeAsync();
        _connection = null;
        var targets = plan.Attempts(n => (int)(parts.Chance() * n));
        var result = await parts.Connector.ConnectAsync(targets, cancel);
        switch (result)
        {
            case ConnectResult.Connected ok:
                _connection = ok.Connection;
                SiteMeter.Opened(ok.Connection.Tls);
                opened();
                return null;
            case ConnectResult.Failed failed:
                SiteMeter.NotOpened();
                var last = failed.Tried[^1];
                var outcome = ReplyClassifier.Classify(last.Stage, last.Reply, last.Target.ToString(), false);
                ImmutableArray<RecipientOutcome> all = [.. transmit.Transaction.Recipients.Select(_ => outcome)];
                return new Sent(new TransactionResult(all, false, false), last.Target.ToString(), null, last.Reply);
            default:
                throw new InvalidOperationException($"Unknown result {result.GetType().Name}.");
        }
    }

    private async Task<Sent> SendAllAsync(SiteProtocol.Transmit transmit, CancellationToken cancel)
    {
        var connection = _connection!;
        var transaction = transmit.Transaction;
        var most = ClientDialogue.MaxRecipients(connection.Capabilities, parts.Settings.Delivery.RecipientsPerTransaction);
        var outcomes = ImmutableArray.CreateBuilder<RecipientOutcome>(transaction.Recipients.Length);
        var (reusable, inDoubt) = (true, false);
        for (var from = 0; from < transaction.Recipients.Length; from += most)
        {
            var part = transaction.Recipients.Length <= most
                ? transaction
                : transaction with { Recipients = [.. transaction.Recipients.Skip(from).Take(most)] };
            if (!reusable)
            {
                outcomes.AddRange(part.Recipients.Select(_ => !inDoubt && outcomes[^1] is RecipientOutcome.Deferred d ? d : NotTried(connection)));
                continue;
            }
            var result = await connection.SendAsync(part, transmit.Body, transmit.BeforeBody, cancel);
            outcomes.AddRange(result.InDoubt ? InDoubt.Mark(result.Outcomes, parts.Settings.Delivery.InDoubt) : result.Outcomes);
            reusable = result.Reusable;
            inDoubt |= result.InDoubt;
        }
        return new Sent(new TransactionResult(outcomes.ToImmutable(), reusable, inDoubt), connection.Target.ToString(), connection.Tls, null);
    }

    private static RecipientOutcome NotTried(ISmtpClientConnection connection) => new RecipientOutcome.Deferred(
        SmtpReply.Of(451, "4.4.2", "connection ended before this recipient's turn"), connection.Target.ToString(), DeferralClass.Transport);

    /// <summary>Lost before the peer can have taken anything: every recipient deferred by the connection itself.</summary>
    private static bool WasDead(TransactionResult result) =>
        result is { Reusable: false, InDoubt: false } && result.Outcomes.All(o => o is RecipientOutcome.Deferred { Class: DeferralClass.Transport, Reply.Code: not 421 });
}
