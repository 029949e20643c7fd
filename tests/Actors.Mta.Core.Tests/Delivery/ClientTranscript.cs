using System.Globalization;
using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Delivery;

/// <summary>
/// A golden file of one outbound transaction: what is to be sent to whom, "---", then the talk. "C:" is what the client sends,
/// "S:" what the server answers (several lines of one reply with a hyphen behind the code), "!" a lost connection, "=" the result.
/// Replaying keeps the server's lines, and writes the client's and the result afresh.
/// </summary>
internal sealed class ClientTranscript
{
    private const string Host = "mx.dest.test[192.0.2.1]:25";
    private readonly List<string> _preamble = [];
    private readonly Queue<string> _script = new();
    private readonly StringBuilder _talk = new();
    private readonly List<Recipient> _recipients = [];
    private Envelope _envelope = new(MessageId.Create(DateTimeOffset.UnixEpoch, new byte[10]), EmailAddress.Null, DateTimeOffset.UnixEpoch, 1000);
    private PeerCapabilities _peer = new() { Esmtp = true };
    private bool _chunking;

    /// <returns>The file as it should be.</returns>
    public static string Replay(string file)
    {
        var transcript = new ClientTranscript();
        transcript.Read(file);
        transcript.Run();
        return string.Join('\n', transcript._preamble) + "\n---\n" + transcript._talk;
    }

    private void Read(string file)
    {
        var lines = file.Split('\n');
        var separator = Array.IndexOf(lines, "---");
        foreach (var line in lines[..separator])
        {
            _preamble.Add(line);
            if (line.StartsWith('#')) continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            Configure(line[..colon], line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
        foreach (var line in lines[(separator + 1)..].Where(l => l.StartsWith("S: ", StringComparison.Ordinal) || l.StartsWith('!')))
            _script.Enqueue(line);
    }

    private void Configure(string key, string[] words)
    {
        switch (key)
        {
            case "peer":
                var keywords = string.Join(' ', words).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                _peer = PeerCapabilities.FromEhlo(new SmtpReply(250, null, ["mx.dest.test", .. keywords])) with { Lmtp = _peer.Lmtp };
                break;
            case "lmtp":
                _peer = _peer with { Lmtp = words is ["yes"] };
                break;
            case "chunking":
                _chunking = words is ["yes"];
                break;
            case "from":
                _envelope = words[1..].Aggregate(_envelope with { Sender = Address(words[0]) }, Parameter);
                break;
            case "to":
                _recipients.Add(words[1..].Aggregate(new Recipient(Address(words[0])), Parameter));
                break;
            default:
                throw new FormatException(key);
        }
    }

    private static EmailAddress Address(string path) => EmailAddress.FromTrusted(path.Trim('<', '>'));

    private static Envelope Parameter(Envelope envelope, string word) => word.Split('=', 2) switch
    {
        ["size", var size] => envelope with { Size = long.Parse(size, CultureInfo.InvariantCulture) },
        ["8bit"] => envelope with { Body = BodyType.EightBitMime },
        ["utf8"] => envelope with { SmtpUtf8 = true },
        ["ret", var part] => envelope with { Return = Enum.Parse<DsnReturn>(part, true) },
        ["envid", var id] => envelope with { EnvelopeId = id },
        _ => throw new FormatException(word),
    };

    private static Recipient Parameter(Recipient recipient, string word) => word.Split('=', 2) switch
    {
        ["notify", var flags] => recipient with { Notify = Enum.Parse<DsnNotify>(flags, true) },
        ["orcpt", var original] => recipient with { OriginalRecipient = original },
        _ => throw new FormatException(word),
    };

    private void Run()
    {
        var dialogue = new ClientDialogue(new ClientTransaction(_envelope, [.. _recipients]), _peer, Host, _chunking);
        while (true)
        {
            switch (dialogue.Next())
            {
                case ClientStep.Send send:
                    WriteClient(Encoding.UTF8.GetString(send.Commands.Span));
                    Answer(dialogue);
                    break;
                case ClientStep.SendBody body:
                    if (body.BdatLine is { } line) WriteClient(Encoding.UTF8.GetString(line.Span));
                    _talk.Append(body.BdatLine is null ? "C: (message, dot-stuffed, and its end)\n" : "C: (message)\n");
                    Answer(dialogue);
                    break;
                case ClientStep.Done done:
                    WriteResult(done.Result);
                    return;
            }
        }
    }

    private void WriteClient(string commands)
    {
        Assert.EndsWith("\r\n", commands);
        foreach (var line in commands[..^2].Split("\r\n")) _talk.Append($"C: {line}\n");
    }

    private void Answer(ClientDialogue dialogue)
    {
        while (dialogue.Awaited > 0)
        {
            Assert.True(_script.Count > 0, $"The script has no answer to:\n{_talk}");
            if (_script.Peek().StartsWith('!'))
            {
                var lost = _script.Dequeue();
                _talk.Append(lost).Append('\n');
                dialogue.OnLost(lost[1..].Trim());
                return;
            }
            dialogue.OnReply(NextReply());
        }
    }

    private SmtpReply NextReply()
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        string line;
        do
        {
            line = _script.Dequeue();
            _talk.Append(line).Append('\n');
            lines.Add(Encoding.UTF8.GetBytes(line[3..]));
        }
        while (line.Length > 6 && line[6] == '-');
        Assert.True(SmtpReply.TryParse(lines, out var reply));
        return reply;
    }

    private void WriteResult(TransactionResult result)
    {
        for (var i = 0; i < result.Outcomes.Length; i++)
        {
            var what = result.Outcomes[i] switch
            {
                RecipientOutcome.Delivered delivered =>
                    (delivered.Final ? "delivered for good" : "delivered") + (delivered.PassedDsn ? ", DSN passed on" : ""),
                RecipientOutcome.Deferred deferred => $"deferred ({deferred.Class})",
                RecipientOutcome.Failed => "failed",
                var other => other.ToString(),
            };
            _talk.Append($"= <{_recipients[i].Address}> {what}: {result.Outcomes[i].Reply}\n");
            Assert.Equal(Host, result.Outcomes[i].Host);
        }
        _talk.Append(result.Reusable ? "= connection reusable" : "= connection not reusable");
        _talk.Append(result.InDoubt ? ", message in doubt\n" : "\n");
        foreach (var rest in _script) _talk.Append($"(never asked for) {rest}\n");
    }
}
