using System.Threading.Tasks.Sources;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>
/// The bridge between a connection's pump and its SmtpSessionActor: the pump's calls become messages, the actor's answer
/// completes the one ValueTask that is outstanding. One object a connection, nothing allocated per answer.
/// </summary>
internal sealed class ActorSession(SessionFacts facts, IActorRef listener) : ISmtpSession, IValueTaskSource<SessionTurn>
{
    private ManualResetValueTaskSourceCore<SessionTurn> _turn;
    private IActorRef? _actor;
    private volatile bool _gone;
    private int _waiting;

    public SessionFacts Facts { get; } = facts;

    /// <summary>To the listener: make an actor for this session.</summary>
    public sealed record Opened(ActorSession Session);

    /// <summary>To the actor: a command came in.</summary>
    public sealed record Commanded(SmtpCommand Command);

    /// <summary>To the actor: a body or chunk came in.</summary>
    public sealed record Received(BodyReceived Body);

    /// <summary>To the actor: TLS stands.</summary>
    public sealed record Encrypted(TlsFacts Tls);

    /// <summary>To the actor: a line of a SASL exchange came in.</summary>
    public sealed record Said(ReadOnlyMemory<byte>? Line);

    /// <summary>To the actor: the connection is over.</summary>
    public sealed record Ended(SessionEnd Why);

    public ValueTask<SessionTurn> OpenAsync()
    {
        _turn.Reset();
        Volatile.Write(ref _waiting, 1);
        var version = _turn.Version;
        listener.Tell(new Opened(this));
        return new ValueTask<SessionTurn>(this, version);
    }

    public ValueTask<SessionTurn> CommandAsync(SmtpCommand command) => Ask(new Commanded(command));

    public ValueTask<SessionTurn> BodyAsync(BodyReceived body) => Ask(new Received(body));

    public ValueTask<SessionTurn> TlsAsync(TlsFacts tls) => Ask(new Encrypted(tls));

    public ValueTask<SessionTurn> LineAsync(ReadOnlyMemory<byte>? line) => Ask(new Said(line));

    public ValueTask<SmtpReply?> EndingAsync(SessionEnd why) => ValueTask.FromResult(why switch
    {
        SessionEnd.IdleTimeout => (SmtpReply?)SmtpReply.Of(421, "4.4.2", "Timeout, closing connection"),
        SessionEnd.TooSlow => SmtpReply.Of(421, "4.4.2", "Message comes in too slowly, closing connection"),
        SessionEnd.Draining => SmtpReply.Of(421, "4.3.2", "Service is shutting down, closing connection"),
        SessionEnd.Error => SmtpReply.Of(421, "4.3.0", "Internal error, closing connection"),
        _ => null,
    });

    public void Closed(SessionEnd why) => _actor?.Tell(new Ended(why));

    /// <summary>The actor is there; called by it before its first answer.</summary>
    public void Attach(IActorRef actor) => _actor = actor;

    /// <summary>The actor's answer to the outstanding call. The pump goes on, on this thread, until it waits again.</summary>
    public void Answer(SmtpReply? reply, SessionNext next)
    {
        if (Interlocked.Exchange(ref _waiting, 0) == 1) _turn.SetResult(new SessionTurn(reply, next));
    }

    /// <summary>The actor is gone: the pump's outstanding or next call fails.</summary>
    public void Abandon()
    {
        _gone = true;
        FailOutstanding();
    }

    private void FailOutstanding()
    {
        if (Interlocked.Exchange(ref _waiting, 0) == 1) _turn.SetException(new IOException("The session ended."));
    }

    SessionTurn IValueTaskSource<SessionTurn>.GetResult(short token) => _turn.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<SessionTurn>.GetStatus(short token) => _turn.GetStatus(token);

    void IValueTaskSource<SessionTurn>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _turn.OnCompleted(continuation, state, token, flags);

    private ValueTask<SessionTurn> Ask(object message)
    {
        _turn.Reset();
        Volatile.Write(ref _waiting, 1);
        var version = _turn.Version;
        _actor.Tell(message);
        if (_gone) FailOutstanding();
        return new ValueTask<SessionTurn>(this, version);
    }
}
