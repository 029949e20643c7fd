using System.Buffers;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Tests.Sasl;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>
/// The least that moves octets between a client and the dialogue: command lines to the parser, bodies to the scanner, recipients
/// to the relay policy, logins to a table of users. What it "stores" and "queues" becomes a line of the transcript; queueing succeeds
/// unless the scene says otherwise.
/// </summary>
internal sealed class DialoguePump(DialogueScene scene)
{
    private static readonly TlsFacts Tls = new("TLSv1.3", "TLS_AES_256_GCM_SHA384");
    private static readonly HeaderCompletion Completion = new("Tue, 04 Nov 2025 03:26:07 +0000", "<1@mx.test>");

    private readonly SessionPolicy _policy = scene.Policy;
    private readonly List<byte> _input = [];
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly StringBuilder _said = new();
    private DialogueState _state = new();
    private SessionFacts _facts = new(new IPEndPoint(scene.Client, 4711), new IPEndPoint(IPAddress.Loopback, 2525), "test")
    {
        MayXclient = scene.MayXclient,
        Tls = scene.Policy.Role == ListenerRole.Submissions ? Tls : null,
    };
    private SaslExchange? _exchange;
    private BodyScanner? _scanner;
    private Func<bool> _next = () => false;
    private bool _shakesHands;
    private int _queued;

    public bool Closed { get; private set; }

    public DialogueState State => _state;

    public string Open()
    {
        Perform(ServerDialogue.Open(_facts, _policy));
        return Said();
    }

    /// <summary>The client shakes hands, which drops whatever it has sent since STARTTLS.</summary>
    public string Handshake()
    {
        Assert.True(_shakesHands);
        _shakesHands = false;
        _facts = _facts with { Tls = Tls };
        Perform(ServerDialogue.OnTls(_state, _facts, _policy));
        return Said();
    }

    /// <summary>Takes octets from the client and goes as far as they reach.</summary>
    /// <returns>The lines that were said, "S: " in front, and "Q: " lines for what was queued.</returns>
    public string Take(IEnumerable<byte> octets)
    {
        _input.AddRange(octets);
        while (!Closed && _next()) { }
        return Said();
    }

    private string Said()
    {
        var said = _said.ToString();
        _said.Clear();
        return said;
    }

    private void Perform(DialogueStep step)
    {
        _state = step.State;
        if (_state.Transaction is null) _scanner = null;
        switch (step.Effect)
        {
            case DialogueEffect.NextCommand:
                if (step.Reply is not null) Say(step.Reply);
                _next = ReadCommand;
                break;
            case DialogueEffect.AuthoriseSender ask:
                Perform(ServerDialogue.OnSenderAuthorised(_state, scene.RefusesSender(ask.Mail.Sender, _state.User), _policy));
                break;
            case DialogueEffect.StartTls:
                Say(step.Reply);
                _shakesHands = true;
                _next = DropInput;
                break;
            case DialogueEffect.BeginSasl begin:
                _exchange = SaslExchange.Create(begin.Mechanism, TableOfUsers.Context(_facts.Tls));
                Perform(ServerDialogue.OnSasl(_state, scene.Users.Run(_exchange, _exchange.Begin(begin.Initial)), _policy));
                break;
            case DialogueEffect.ReadSaslLine:
                Say(step.Reply);
                _next = ReadSaslLine;
                break;
            case DialogueEffect.ContinueSasl go:
                Perform(ServerDialogue.OnSasl(_state, scene.Users.Run(_exchange!, _exchange!.OnResponse(go.Response)), _policy));
                break;
            case DialogueEffect.AbandonSasl:
                _exchange = null;
                Say(step.Reply);
                _next = ReadCommand;
                break;
            case DialogueEffect.ReplaceClient replace:
                Replace(replace.Client);
                Perform(ServerDialogue.OnClientReplaced(_state, _facts, replace.Client, _policy));
                break;
            case DialogueEffect.AuthoriseRecipient ask:
                Perform(ServerDialogue.OnAuthorised(_state, scene.Judge(_facts.Client.Address, ask.Recipient), _policy));
                break;
            case DialogueEffect.ReceiveBody:
                Say(step.Reply);
                _next = ReadBody;
                break;
            case DialogueEffect.ReceiveChunk chunk:
                _next = () => ReadChunk(chunk);
                break;
            case DialogueEffect.DiscardChunk discard:
                _next = () => Discard(discard.Size, step.Reply);
                break;
            case DialogueEffect.Enqueue enqueue:
                Note(enqueue.Transaction);
                _scanner = null;
                Perform(ServerDialogue.OnEnqueued(_state, scene.QueueSays ?? SmtpReply.Of(250, "2.0.0", $"Ok: queued as {++_queued}"), _policy));
                break;
            case DialogueEffect.Close:
                Say(step.Reply);
                _said.Append("-- closed\n");
                Closed = true;
                break;
        }
    }

    private bool ReadCommand()
    {
        var end = Unread().IndexOf("\r\n"u8);
        if (end < 0) return false;
        var line = Take(end + 2)[..end];
        var command = line.Length + 2 > _policy.Limits.CommandLine ? SmtpCommandParser.LineTooLong : SmtpCommandParser.Parse(line);
        Perform(ServerDialogue.OnCommand(_state, command, _policy));
        return true;
    }

    private bool ReadSaslLine()
    {
        var end = Unread().IndexOf("\r\n"u8);
        if (end < 0) return false;
        var line = Take(end + 2)[..end];
        Perform(ServerDialogue.OnSaslLine(_state, end > 12288 ? null : line, _policy));
        return true;
    }

    // What stands behind STARTTLS in the clear was not said by whom TLS will show (RFC 3207 4.2).
    private bool DropInput()
    {
        _input.Clear();
        return false;
    }

    private void Replace(XclientAttributes client) => _facts = _facts with
    {
        Client = new IPEndPoint(client.Address ?? _facts.Client.Address, client.Port ?? _facts.Client.Port),
        Local = new IPEndPoint(client.DestinationAddress ?? _facts.Local.Address, client.DestinationPort ?? _facts.Local.Port),
        ClientHost = client.Name ?? _facts.ClientHost,
    };

    private bool ReadBody()
    {
        var scanner = Scanner();
        var input = new ReadOnlySequence<byte>(_input.ToArray());
        var ended = scanner.ReadData(input, _message, out var consumed);
        Take((int)input.Slice(0, consumed).Length);
        if (ended) Perform(ServerDialogue.OnBody(_state, Received(scanner), _policy));
        return ended;
    }

    private bool ReadChunk(DialogueEffect.ReceiveChunk chunk)
    {
        if (_input.Count < chunk.Size) return false;
        var scanner = Scanner();
        scanner.ReadChunk(Take((int)chunk.Size), _message);
        if (chunk.Last) scanner.EndChunks(_message);
        var partial = !chunk.Last && scanner.Refusal is null;
        Perform(ServerDialogue.OnBody(_state, partial ? new BodyReceived.Partial(chunk.Size) : Received(scanner), _policy));
        return true;
    }

    private bool Discard(long size, SmtpReply? reply)
    {
        if (_input.Count < size) return false;
        Take((int)size);
        Say(reply);
        _next = ReadCommand;
        return true;
    }

    private BodyScanner Scanner()
    {
        if (_scanner is not null) return _scanner;
        _message.ResetWrittenCount();
        return _scanner = new BodyScanner(_policy.BareNewline, _policy.Limits, _policy.CompletesHeader ? Completion : null, scene.Deliveries);
    }

    private static BodyReceived Received(BodyScanner scanner) =>
        scanner.Refusal is { } refusal ? new BodyReceived.Refused(refusal) : new BodyReceived.Stored(scanner.Size);

    private byte[] Take(int count)
    {
        var taken = _input[..count].ToArray();
        _input.RemoveRange(0, count);
        return taken;
    }

    private ReadOnlySpan<byte> Unread() => CollectionsMarshal.AsSpan(_input);

    private void Say(SmtpReply? reply)
    {
        Assert.NotNull(reply);
        var wire = new ArrayBufferWriter<byte>();
        reply.WriteTo(wire);
        foreach (var line in Encoding.UTF8.GetString(wire.WrittenSpan)[..^2].Split("\r\n")) _said.Append("S: ").Append(line).Append('\n');
    }

    private void Note(MailTransaction transaction)
    {
        var mail = transaction.Mail;
        List<string> facts = [.. _state.User is { } user ? [$"user={user.Name}"] : Array.Empty<string>(), $"from=<{mail.Sender}>", .. transaction.Recipients.Select(Describe)];
        if (mail.Body != BodyType.SevenBit) facts.Add($"body={mail.Body}");
        if (mail.SmtpUtf8) facts.Add("smtputf8");
        if (mail.Return != DsnReturn.Unspecified) facts.Add($"ret={mail.Return}");
        if (mail.EnvelopeId is not null) facts.Add($"envid={mail.EnvelopeId}");
        _said.Append("Q: ").AppendJoin(' ', facts).Append(" message=\"").Append(Escape(_message.WrittenSpan)).Append("\"\n");
    }

    private static string Describe(Recipient recipient) =>
        $"to=<{recipient.Address}>"
        + (recipient.Notify == DsnNotify.Unspecified ? "" : $"(notify={recipient.Notify})")
        + (recipient.OriginalRecipient is null ? "" : $"(orcpt={recipient.OriginalRecipient})");

    private static string Escape(ReadOnlySpan<byte> octets)
    {
        var text = new StringBuilder();
        foreach (var octet in octets)
        {
            text.Append(octet switch
            {
                (byte)'\r' => "\\r",
                (byte)'\n' => "\\n",
                < 32 or > 126 => string.Create(CultureInfo.InvariantCulture, $"\\x{octet:x2}"),
                _ => ((char)octet).ToString(),
            });
        }
        return text.ToString();
    }
}
