using System.Buffers;
using System.Net;
using System.Text;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>A whole session with one message, without octets of a body: command lines in, replies out.</summary>
[MemoryDiagnoser]
public class DialogueBenchmarks
{
    private static readonly SessionFacts Facts = new(new IPEndPoint(IPAddress.Loopback, 40000), new IPEndPoint(IPAddress.Loopback, 2525), "relay");

    private static readonly byte[][] Lines =
    [
        .. new[]
        {
            "EHLO client.example.test", "MAIL FROM:<sender@example.test> SIZE=4096", "RCPT TO:<user@example.test>", "DATA", "QUIT",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly SmtpReply Queued = SmtpReply.Of(250, "2.0.0", "Ok: queued as 01HXYZ");
    private readonly ArrayBufferWriter<byte> _output = new(4096);

    [Benchmark]
    public int Session()
    {
        _output.ResetWrittenCount();
        var step = Answered(ServerDialogue.Open(Facts, Samples.Policy));
        foreach (var line in Lines)
        {
            step = Answered(ServerDialogue.OnCommand(step.State, SmtpCommandParser.Parse(line), Samples.Policy));
            step = step.Effect switch
            {
                DialogueEffect.AuthoriseSender => Answered(ServerDialogue.OnSenderAuthorised(step.State, null, Samples.Policy)),
                DialogueEffect.AuthoriseRecipient ask =>
                    Answered(ServerDialogue.OnAuthorised(step.State, new RecipientVerdict.Accepted([ask.Recipient]), Samples.Policy)),
                DialogueEffect.ReceiveBody => Stored(step.State),
                _ => step,
            };
        }
        return _output.WrittenCount;
    }

    private DialogueStep Stored(DialogueState state)
    {
        var stored = ServerDialogue.OnBody(state, new BodyReceived.Stored(4096), Samples.Policy);
        return Answered(ServerDialogue.OnEnqueued(stored.State, Queued, Samples.Policy));
    }

    private DialogueStep Answered(DialogueStep step)
    {
        step.Reply?.WriteTo(_output);
        return step;
    }
}
