using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// What a connection asks of its session: the pump (this room) moves bytes, the session (an actor) decides. One call at a
/// time; the pump waits for each answer.
/// </summary>
public interface ISmtpSession
{
    /// <summary>The connection stands: the greeting.</summary>
    ValueTask<SessionTurn> OpenAsync();

    ValueTask<SessionTurn> CommandAsync(SmtpCommand command);

    /// <summary>The body or chunk that the last turn asked for is in (and stored, when it is complete).</summary>
    ValueTask<SessionTurn> BodyAsync(BodyReceived body);

    /// <summary>The handshake that the last turn asked for is done. Never called when it failed: the connection ends then (<see cref="SessionEnd.TlsFailed"/>).</summary>
    ValueTask<SessionTurn> TlsAsync(TlsFacts tls);

    /// <summary>The line that the last turn asked for, without its CRLF; null when it was longer than <see cref="SessionNext.Line.MaxLength"/>.</summary>
    ValueTask<SessionTurn> LineAsync(ReadOnlyMemory<byte>? line);

    /// <summary>No input in time, or the node drains: the last reply (421 …), or null to close without a word.</summary>
    ValueTask<SmtpReply?> EndingAsync(SessionEnd why);

    /// <summary>The connection is gone; called once, last, whatever happened.</summary>
    void Closed(SessionEnd why);
}

/// <summary>Why a connection ended.</summary>
public enum SessionEnd { Quit, ClosedByPeer, IdleTimeout, Draining, Error, Refused, TlsFailed, TooSlow }

/// <summary>A reply (null: none yet) and what the pump does after it.</summary>
public readonly record struct SessionTurn(SmtpReply? Reply, SessionNext Next);

/// <summary>What the pump does after a turn. Only the last reply of a pipelined group is flushed.</summary>
public abstract record SessionNext
{
    private SessionNext() { }

    public sealed record Command : SessionNext { public static readonly Command Instance = new(); }
    /// <summary>Read a dot-terminated body; after its end store it, then BodyAsync.</summary>
    public sealed record Body(BodyIntake Intake) : SessionNext;
    /// <summary>Read Size octets into the body; if Last, store it; then BodyAsync.</summary>
    public sealed record Chunk(BodyIntake Intake, long Size, bool Last) : SessionNext;
    /// <summary>Skip Size octets before the reply is sent.</summary>
    public sealed record Discard(long Size) : SessionNext;
    /// <summary>Send the reply, drop what was read behind the command, shake hands; then TlsAsync.</summary>
    public sealed record StartTls : SessionNext { public static readonly StartTls Instance = new(); }
    /// <summary>Send the reply, read one line that is no command; then LineAsync.</summary>
    public sealed record Line : SessionNext
    {
        /// <summary>Octets without CRLF (RFC 4954 4).</summary>
        public const int MaxLength = 12288;
        public static readonly Line Instance = new();
    }
    public sealed record Close : SessionNext { public static readonly Close Instance = new(); }
}

/// <summary>
/// One message on its way in: made by the session at DATA or the first BDAT, filled by the pump. Its first octets are the
/// trace header. Small bodies are kept in a pooled buffer and stored in one piece; larger ones go to a spool upload.
/// </summary>
public sealed class BodyIntake(MessageId id, ReadOnlyMemory<byte> trace, BodyScanner scanner)
{
    public MessageId Id { get; } = id;
    public ReadOnlyMemory<byte> Trace { get; } = trace;
    public BodyScanner Scanner { get; } = scanner;
}

/// <summary>Makes sessions; one for each accepted connection.</summary>
public interface ISmtpSessionFactory
{
    ISmtpSession Create(SessionFacts facts);
}

/// <summary>A listener that runs: created by SmtpListener.StartAsync.</summary>
public interface ISmtpListener : IAsyncDisposable
{
    System.Net.IPEndPoint Endpoint { get; }
    int Connections { get; }
    /// <summary>Stops accepting, answers 421 to those who wait for a command, lets bodies finish within the drain time-out.</summary>
    Task DrainAsync();
}
