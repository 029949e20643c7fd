using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// One queued message while an attempt is made: opens the body, hands it to the connection, turns what the peer said into
/// outcomes, has them journalled, and stops. If it stops in any other way, it says so, and the attempt is made again.
/// </summary>
internal sealed class MessageActor : UntypedActor
{
    private readonly QueuedMessage _message;
    private readonly ImmutableArray<QueuedRecipient> _recipients;
    private readonly IActorRef _connection;
    private readonly IActorRef _supervisor;
    private readonly DeliveryParts _parts;
    private bool _handedOver;
    /// <summary>Set by the connection: its receiver may have taken the message from here on.</summary>
    private volatile bool _goesOut;
    private bool _decided;
    private bool _settled;

    public MessageActor(QueuedMessage message, IActorRef connection, IActorRef supervisor, DeliveryParts parts)
    {
        (_message, _connection, _supervisor, _parts) = (message, connection, supervisor, parts);
        _recipients = [.. message.Pending];
    }

    // Not a ReceiveActor: that builds its handlers anew for each actor, and there is one for each attempt.
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SiteProtocol.Transmitted t:
                OnTransmitted(t);
                break;
            case PartitionProtocol.Settled:
                OnSettled();
                break;
            case ISpoolBody body:
                Transmit(body);
                break;
            case Status.Failure f:
                OnFailure(f.Cause);
                break;
            case Terminated:
                // A connection that crashed before the message reached it cannot answer.
                OnStopped();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PreStart()
    {
        Context.Watch(_connection);
        var opening = Open();
        if (opening.IsCompletedSuccessfully) Transmit(opening.Result);
        else opening.AsTask().PipeTo(Self);
    }

    /// <summary>Whatever the spool throws at once is a failed task, like what it throws later.</summary>
    private async ValueTask<ISpoolBody> Open() => await _parts.Spool.OpenAsync(_message.Envelope.Id);

    protected override void PostStop()
    {
        if (!_handedOver) _connection.Tell(SiteProtocol.Unused.Instance);
        if (!_settled) _supervisor.Tell(new PartitionProtocol.Aborted(_message.Key));
    }

    private void Transmit(ISpoolBody body)
    {
        if (_decided)
        {
            body.Dispose();
            return;
        }
        if (!_parts.Ownership.MayDeliverTo(_message.Domain))
        {
            // Stopped without an outcome: whoever owns the message makes the attempt.
            body.Dispose();
            Context.Stop(Self);
            return;
        }
        // The body belongs to the connection from here on: it may still be sending when this actor is stopped, and memory that
        // was given back would go out as another message's octets.
        _handedOver = true;
        _connection.Tell(new SiteProtocol.Transmit(new ClientTransaction(_message.Envelope, [.. _recipients.Select(r => r.Recipient)]), body, BeforeBody()));
    }

    /// <summary>How the supervisor hears that the message itself goes out. Called by the connection, elsewhere than in this actor.</summary>
    private Func<ValueTask<bool>> BeforeBody()
    {
        var (supervisor, key) = (_supervisor, _message.Key);
        if (_parts.Settings.Delivery.InDoubt == InDoubtPolicy.Report)
        {
            return async () => _goesOut = await RecordAsync(supervisor, key, _parts.Settings.Queue.EnqueueTimeout);
        }
        return () =>
        {
            _goesOut = true;
            supervisor.Tell(new PartitionProtocol.Sending(key, Awaited: false), ActorRefs.NoSender);
            return new ValueTask<bool>(true);
        };
    }

    private static async ValueTask<bool> RecordAsync(IActorRef supervisor, QueueKey key, TimeSpan patience)
    {
        try
        {
            await supervisor.Ask<PartitionProtocol.Settled>(new PartitionProtocol.Sending(key, Awaited: true), patience);
            return true;
        }
        catch (Exception e) when (e is AskTimeoutException or IOException)
        {
            // The journal failed, which its supervisor has logged.
            return false;
        }
    }

    private void OnFailure(Exception cause)
    {
        if (!_handedOver) OnUnreadable(cause);
        else OnStopped();
    }

    private void OnStopped()
    {
        ImmutableArray<RecipientOutcome> stopped = [new RecipientOutcome.Deferred(SmtpReply.Of(451, "4.4.2", "connection was stopped"), null, DeferralClass.Transport)];
        if (_goesOut && !_decided)
        {
            LogDoubt(null, "the connection was stopped");
            stopped = InDoubt.Mark(stopped, _parts.Settings.Delivery.InDoubt);
        }
        Settle(stopped[0]);
    }

    private void LogDoubt(string? host, string cause)
    {
        _parts.Log.InDoubt(_message.Envelope.Id, _message.Domain, host, cause, _parts.Settings.Delivery.InDoubt);
        _parts.Events.InDoubt(_message, host, cause, _parts.Now);
    }

    private void OnUnreadable(Exception cause)
    {
        _handedOver = true;
        _connection.Tell(SiteProtocol.Unused.Instance);
        if (cause.GetBaseException() is FileNotFoundException)
        {
            _parts.Log.BodyMissing(_message.Envelope.Id, cause);
            Settle(new RecipientOutcome.Failed(SmtpReply.Of(554, "5.3.0", "message content is missing"), null));
        }
        else
        {
            _parts.Log.BodyUnreadable(_message.Envelope.Id, cause);
            Settle(new RecipientOutcome.Deferred(SmtpReply.Of(451, "4.3.0", "message content cannot be read"), null, DeferralClass.Other));
        }
    }

    private void Settle(RecipientOutcome same) => Settle([.. _recipients.Select(r => (r.Ordinal, same))], null);

    private void OnTransmitted(SiteProtocol.Transmitted transmitted)
    {
        if (transmitted.Result.InDoubt) LogDoubt(transmitted.Host, "the connection was lost");
        Settle([.. _recipients.Zip(transmitted.Result.Outcomes, (r, o) => (r.Ordinal, o))], transmitted.Tls);
    }

    /// <summary>The first word decides: a connection that has answered may stop afterwards.</summary>
    private void Settle(ImmutableArray<(int, RecipientOutcome)> outcomes, string? tls)
    {
        if (_decided) return;
        _decided = true;
        _supervisor.Tell(new PartitionProtocol.Settle(Attempt.Settle(_message, outcomes, tls, _parts)));
    }

    private void OnSettled()
    {
        _settled = true;
        Context.Stop(Self);
    }
}
