using System.Buffers;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>
/// The least that moves octets between a client and the dialogue: command lines to the parser, bodies to the scanner, recipients
/// to the relay policy. What it "stores" and "queues" becomes a line of the transcript; queueing always succeeds.
/// </summary>
internal sealed class DialoguePump(SessionPolicy policy, RelayPolicy relay, IPAddress client)
{
    private readonly List<byte> _input = [];
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly StringBuilder _said = new();
    private DialogueState _state = new();
    private BodyScanner? _scanner;
    private Func<bool> _next = () => false;
    private int _queued;

    public bool Closed { get; private set; }

    public DialogueState State => _state;

    public string Open()
    {
        var facts = new SessionFacts(new IPEndPoint(client, 4711), new IPEndPoint(IPAddress.Loopback, 2525), "relay");
        Perform(ServerDialogue.Open(facts, policy));
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
                Say(step.Reply);
                _next = ReadCommand;
                break;
            case DialogueEffect.AuthoriseSender:
                Perform(ServerDialogue.OnSenderAuthorised(_state, null, policy));
                break;
            case DialogueEffect.AuthoriseRecipient ask:
                Perform(ServerDialogue.OnAuthorised(_state, relay.Refuses(client, ask.Recipient) is { } refusal ? new RecipientVerdict.Refused(refusal) : new RecipientVerdict.Accepted([ask.Recipient]), policy));
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
                Perform(ServerDialogue.OnEnqueued(_state, SmtpReply.Of(250, "2.0.0", $"Ok: queued as {++_queued}"), policy));
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
        var command = line.Length + 2 > policy.Limits.CommandLine ? SmtpCommandParser.LineTooLong : SmtpCommandParser.Parse(line);
        Perform(ServerDialogue.OnCommand(_state, command, policy));
        return true;
    }

    private bool ReadBody()
    {
        var scanner = Scanner();
        var input = new ReadOnlySequence<byte>(_input.ToArray());
        var ended = scanner.ReadData(input, _message, out var consumed);
        Take((int)input.Slice(0, consumed).Length);
        if (ended) Perform(ServerDialogue.OnBody(_state, Received(scanner), policy));
        return ended;
    }

    private bool ReadChunk(DialogueEffect.ReceiveChunk chunk)
    {
        if (_input.Count < chunk.Size) return false;
        var scanner = Scanner();
        scanner.ReadChunk(Take((int)chunk.Size), _message);
        if (chunk.Last) scanner.EndChunks(_message);
        var partial = !chunk.Last && scanner.Refusal is null;
        Perform(ServerDialogue.OnBody(_state, partial ? new BodyReceived.Partial(chunk.Size) : Received(scanner), policy));
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
        return _scanner = new BodyScanner(policy.BareNewline, policy.Limits);
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
        List<string> facts = [$"from=<{mail.Sender}>", .. transaction.Recipients.Select(Describe)];
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
