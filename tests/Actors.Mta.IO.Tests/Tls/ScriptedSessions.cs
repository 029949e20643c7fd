using System.Collections.Concurrent;
using System.Threading.Channels;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;

namespace Actors.Mta.IO.Tests.Tls;

/// <summary>
/// Sessions that do what the wire can do: STARTTLS shakes hands, HELP reads a line, DATA a body, anything else is noted.
/// </summary>
internal sealed class ScriptedSessions : ISmtpSessionFactory
{
    private readonly Channel<SessionEnd> _ended = Channel.CreateUnbounded<SessionEnd>();

    public ConcurrentQueue<SessionFacts> Opened { get; } = new();

    public ConcurrentQueue<TlsFacts> Secured { get; } = new();

    public ConcurrentQueue<SmtpCommand> Commands { get; } = new();

    public ConcurrentQueue<byte[]?> Lines { get; } = new();

    public ISmtpSession Create(SessionFacts facts)
    {
        Opened.Enqueue(facts);
        return new Session(this);
    }

    public Task<SessionEnd> EndAsync() => _ended.Reader.ReadAsync().AsTask().WaitAsync(ScriptedClient.Patience);

    private sealed class Session(ScriptedSessions owner) : ISmtpSession
    {
        public ValueTask<SessionTurn> OpenAsync() => Go(220, "mx.example.test", SessionNext.Command.Instance);

        public ValueTask<SessionTurn> CommandAsync(SmtpCommand command)
        {
            owner.Commands.Enqueue(command);
            return command switch
            {
                SmtpCommand.StartTls => Go(220, "Ready", SessionNext.StartTls.Instance),
                SmtpCommand.Help => Go(334, "", SessionNext.Line.Instance),
                SmtpCommand.Data => Go(354, "Go", new SessionNext.Body(
                    new BodyIntake(new MessageId(0, 1), default, new BodyScanner(BareNewline.Refuse, new SessionLimits())))),
                SmtpCommand.Quit => Go(221, "Bye", SessionNext.Close.Instance),
                _ => Go(250, "Ok", SessionNext.Command.Instance),
            };
        }

        public ValueTask<SessionTurn> BodyAsync(BodyReceived body) => Go(250, "Stored", SessionNext.Command.Instance);

        /// <summary>Says nothing: the client speaks next (RFC 3207 4.2).</summary>
        public ValueTask<SessionTurn> TlsAsync(TlsFacts tls)
        {
            owner.Secured.Enqueue(tls);
            return new(new SessionTurn(null, SessionNext.Command.Instance));
        }

        public ValueTask<SessionTurn> LineAsync(ReadOnlyMemory<byte>? line)
        {
            owner.Lines.Enqueue(line?.ToArray());
            return line is null ? Go(500, "Too long", SessionNext.Command.Instance) : Go(235, "Thanks", SessionNext.Command.Instance);
        }

        public ValueTask<SmtpReply?> EndingAsync(SessionEnd why) =>
            new(SmtpReply.Of(421, why == SessionEnd.Draining ? "4.3.2" : "4.4.2", why.ToString()));

        public void Closed(SessionEnd why) => owner._ended.Writer.TryWrite(why);

        private static ValueTask<SessionTurn> Go(int code, string text, SessionNext next) =>
            new(new SessionTurn(SmtpReply.Of(code, null, text), next));
    }
}
