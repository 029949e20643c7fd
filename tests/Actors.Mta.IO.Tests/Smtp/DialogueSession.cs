using System.Collections.Concurrent;
using System.Threading.Channels;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>Sessions that run the real dialogue without actors: every recipient is accepted, the queue always says yes.</summary>
internal sealed class DialogueSessions(SessionPolicy policy) : ISmtpSessionFactory
{
    private readonly Channel<SessionEnd> _ended = Channel.CreateUnbounded<SessionEnd>();
    private int _ids;

    public ConcurrentQueue<MessageId> Accepted { get; } = new();

    public ConcurrentQueue<SessionFacts> Opened { get; } = new();

    /// <summary>Text in front of each message.</summary>
    public string Trace { get; init; } = "Received: by test\r\n";

    /// <summary>Called before each command is decided; may throw or wait.</summary>
    public Func<SmtpCommand, ValueTask> Before { get; init; } = _ => ValueTask.CompletedTask;

    public ISmtpSession Create(SessionFacts facts)
    {
        Opened.Enqueue(facts);
        return new Session(this, facts);
    }

    /// <summary>How the next session ended.</summary>
    public Task<SessionEnd> EndAsync() => _ended.Reader.ReadAsync().AsTask().WaitAsync(ScriptedClient.Patience);

    /// <summary>Ends told beyond those that were asked for.</summary>
    public bool ToldMore => _ended.Reader.TryRead(out _);

    private MessageId NextId() => new(0, (ulong)Interlocked.Increment(ref _ids));

    private sealed class Session(DialogueSessions owner, SessionFacts facts) : ISmtpSession
    {
        private readonly SessionPolicy _policy = owner.Policy;
        private DialogueState _state = new();
        private BodyIntake? _intake;

        public ValueTask<SessionTurn> OpenAsync() => new(Turn(ServerDialogue.Open(facts, _policy)));

        public async ValueTask<SessionTurn> CommandAsync(SmtpCommand command)
        {
            await owner.Before(command);
            return Turn(ServerDialogue.OnCommand(_state, command, _policy));
        }

        public ValueTask<SessionTurn> BodyAsync(BodyReceived body) => new(Turn(ServerDialogue.OnBody(_state, body, _policy)));

        public ValueTask<SessionTurn> TlsAsync(TlsFacts tls) =>
            new(Turn(ServerDialogue.OnTls(_state, facts with { Tls = tls }, _policy)));

        public ValueTask<SessionTurn> LineAsync(ReadOnlyMemory<byte>? line) =>
            throw new NotSupportedException("These sessions ask for no line.");

        public ValueTask<SmtpReply?> EndingAsync(SessionEnd why) => new(why == SessionEnd.Draining
            ? SmtpReply.Of(421, "4.3.2", "Shutting down")
            : SmtpReply.Of(421, "4.4.2", "Timeout"));

        public void Closed(SessionEnd why) => owner._ended.Writer.TryWrite(why);

        private SessionTurn Turn(DialogueStep step)
        {
            while (true)
            {
                _state = step.State;
                if (_state.Transaction is null && step.Effect is not DialogueEffect.Enqueue) _intake = null;
                switch (step.Effect)
                {
                    case DialogueEffect.AuthoriseSender:
                        step = ServerDialogue.OnSenderAuthorised(_state, null, _policy);
                        break;
                    case DialogueEffect.AuthoriseRecipient(var recipient):
                        step = ServerDialogue.OnAuthorised(_state, new RecipientVerdict.Accepted([recipient]), _policy);
                        break;
                    case DialogueEffect.Enqueue:
                        owner.Accepted.Enqueue(_intake!.Id);
                        _intake = null;
                        step = ServerDialogue.OnEnqueued(_state, SmtpReply.Of(250, "2.0.0", "Ok: queued"), _policy);
                        break;
                    default:
                        return new SessionTurn(step.Reply, Next(step.Effect));
                }
            }
        }

        private SessionNext Next(DialogueEffect effect) => effect switch
        {
            DialogueEffect.ReceiveBody => new SessionNext.Body(Intake()),
            DialogueEffect.ReceiveChunk chunk => new SessionNext.Chunk(Intake(), chunk.Size, chunk.Last),
            DialogueEffect.DiscardChunk discard => new SessionNext.Discard(discard.Size),
            DialogueEffect.Close => SessionNext.Close.Instance,
            _ => SessionNext.Command.Instance,
        };

        private BodyIntake Intake() => _intake ??= new BodyIntake(
            owner.NextId(), System.Text.Encoding.ASCII.GetBytes(owner.Trace), new BodyScanner(_policy.BareNewline, _policy.Limits));
    }

    private SessionPolicy Policy { get; } = policy;
}
