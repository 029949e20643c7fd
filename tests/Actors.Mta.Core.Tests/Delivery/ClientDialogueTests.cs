using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using FsCheck;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Delivery;

public class ClientDialogueTests
{
    private const string Host = "mx.dest.test[192.0.2.1]:25";
    private static readonly SmtpReply Ok = SmtpReply.Of(250, "2.0.0", "Ok");
    private static readonly SmtpReply GoAhead = SmtpReply.Of(354, null, "Go ahead");

    [Fact]
    public void Sends_many_recipients_in_groups_and_DATA_with_the_last()
    {
        var dialogue = Dialogue(250, new PeerCapabilities { Pipelining = true });
        var groups = new List<string>();
        while (dialogue.Next() is ClientStep.Send send)
        {
            groups.Add(Encoding.ASCII.GetString(send.Commands.Span));
            while (dialogue.Awaited > 0) dialogue.OnReply(dialogue.Stage == SmtpStage.Data ? GoAhead : Ok);
        }

        Assert.Equal([101, 100, 51], groups.Select(g => g.Split("\r\n").Length - 1));
        Assert.StartsWith("MAIL FROM:", groups[0]);
        Assert.EndsWith("\r\nDATA\r\n", groups[2]);
        dialogue.OnReply(Ok);
        Assert.All(Result(dialogue).Outcomes, o => Assert.IsType<RecipientOutcome.Delivered>(o));
    }

    [Fact]
    public void Offers_no_further_group_when_MAIL_was_refused()
    {
        var dialogue = Dialogue(250, new PeerCapabilities { Pipelining = true });
        dialogue.Next();
        while (dialogue.Awaited > 0) dialogue.OnReply(SmtpReply.Of(550, "5.7.1", "No"));

        Assert.Equal(250, Result(dialogue).Outcomes.Length);
    }

    [Fact]
    public void Tells_the_stage_of_each_reply_in_a_group()
    {
        var dialogue = Dialogue(2, new PeerCapabilities { Pipelining = true });
        var stages = new List<SmtpStage> { dialogue.Stage };
        dialogue.Next();
        while (dialogue.Awaited > 0)
        {
            stages.Add(dialogue.Stage);
            dialogue.OnReply(dialogue.Stage == SmtpStage.Data ? GoAhead : Ok);
        }
        dialogue.Next();
        stages.Add(dialogue.Stage);

        Assert.Equal([SmtpStage.Mail, SmtpStage.Mail, SmtpStage.Rcpt, SmtpStage.Rcpt, SmtpStage.Data, SmtpStage.Body], stages);
    }

    [Fact]
    public void Refuses_to_go_on_while_replies_are_awaited_and_to_take_replies_when_none_are()
    {
        var dialogue = Dialogue(1, new PeerCapabilities());
        Assert.Throws<InvalidOperationException>(() => dialogue.OnReply(Ok));
        dialogue.Next();
        Assert.Throws<InvalidOperationException>(() => dialogue.Next());
    }

    [Fact]
    public void Is_over_at_once_after_421_and_deaf_to_what_follows()
    {
        var dialogue = Dialogue(3, new PeerCapabilities { Pipelining = true });
        dialogue.Next();
        dialogue.OnReply(SmtpReply.Of(421, "4.3.2", "Bye"));

        Assert.Equal(0, dialogue.Awaited);
        var result = Result(dialogue);
        dialogue.OnReply(Ok);
        dialogue.OnLost("closed");
        Assert.Equal(result.Outcomes, Result(dialogue).Outcomes);
        Assert.False(result.Reusable);
        Assert.False(result.InDoubt);
    }

    [Fact]
    public void Has_nothing_to_say_without_recipients()
    {
        var result = Result(Dialogue(0, new PeerCapabilities()));
        Assert.Empty(result.Outcomes);
        Assert.True(result.Reusable);
    }

    [Fact]
    public void Defers_everyone_when_the_connection_is_lost_before_a_word()
    {
        var dialogue = Dialogue(2, new PeerCapabilities());
        dialogue.OnLost("connection reset");

        var result = Result(dialogue);
        Assert.All(result.Outcomes, o => Assert.Equal(DeferralClass.Transport, Assert.IsType<RecipientOutcome.Deferred>(o).Class));
        Assert.False(result.InDoubt);
    }

    /// <summary>
    /// Whatever a peer says: the dialogue ends, each recipient has one outcome, only a 2xx after the body delivers and only those
    /// whose RCPT was accepted, and no body goes out when nobody was accepted.
    /// </summary>
    [Property(MaxTest = 2000)]
    public void Keeps_its_promises_under_any_replies(byte recipients, bool pipelining, bool chunking, NonEmptyArray<byte> script)
    {
        var count = recipients % 5;
        var dialogue = Dialogue(count, new PeerCapabilities { Pipelining = pipelining, Chunking = chunking }, preferChunking: true);
        var peer = new RandomPeer(script.Get);
        var result = peer.Talk(dialogue);

        Assert.Equal(count, result.Outcomes.Length);
        Assert.DoesNotContain(null, result.Outcomes);
        for (var i = 0; i < count; i++)
        {
            var accepted = peer.MailAccepted && i < peer.Accepted.Count && peer.Accepted[i];
            Assert.Equal(accepted && peer.MessageAccepted, result.Outcomes[i] is RecipientOutcome.Delivered);
            // A recipient fails only by a 5xx of the peer.
            if (result.Outcomes[i] is RecipientOutcome.Failed failed) Assert.True(failed.Reply.IsPermanent);
        }
        if (peer.BodySent) Assert.True(peer.MailAccepted && peer.Accepted.Contains(true));
        if (peer.Lost || peer.SaidGoodbye) Assert.False(result.Reusable);
        Assert.Equal(peer.Lost && peer.BodySent, result.InDoubt);
    }

    /// <summary>Answers from a script of random octets, by what the stage makes likely or by nonsense, and may hang up.</summary>
    private sealed class RandomPeer(byte[] script)
    {
        private int _next;

        public bool MailAccepted { get; private set; }
        public List<bool> Accepted { get; } = [];
        public bool BodySent { get; private set; }
        public bool MessageAccepted { get; private set; }
        public bool Lost { get; private set; }
        public bool SaidGoodbye { get; private set; }

        public TransactionResult Talk(ClientDialogue dialogue)
        {
            for (var steps = 0; steps < 100; steps++)
            {
                var step = dialogue.Next();
                if (step is ClientStep.Done done) return done.Result;
                BodySent |= step is ClientStep.SendBody;
                var text = step is ClientStep.Send send ? Encoding.UTF8.GetString(send.Commands.Span) : "";
                if (step is ClientStep.Send { Replies: var n }) Assert.Equal(text.Split("\r\n").Length - 1, n);
                while (dialogue.Awaited > 0 && !Lost) Answer(dialogue, text.StartsWith("RSET", StringComparison.Ordinal));
            }
            throw new InvalidOperationException("The dialogue does not end.");
        }

        private void Answer(ClientDialogue dialogue, bool reset)
        {
            var octet = script[_next++ % script.Length];
            if (octet >= 250)
            {
                Lost = true;
                dialogue.OnLost("connection reset");
                return;
            }
            var stage = dialogue.Stage;
            var code = (octet % 10) switch
            {
                < 5 => stage == SmtpStage.Data ? 354 : 250,
                5 => 450,
                6 => 550,
                7 => 503,
                8 => 421,
                _ => (octet / 10 % 4) switch { 0 => 354, 1 => 250, 2 => 199, _ => 652 },
            };
            SaidGoodbye |= code == 421;
            var success = code is >= 200 and < 300;
            if (!reset && stage == SmtpStage.Mail) MailAccepted = success;
            if (stage == SmtpStage.Rcpt) Accepted.Add(success);
            if (stage == SmtpStage.Body) MessageAccepted = success;
            dialogue.OnReply(SmtpReply.Of(code, null, "whatever"));
        }
    }

    private static ClientDialogue Dialogue(int recipients, PeerCapabilities peer, bool preferChunking = false)
    {
        var envelope = new Envelope(
            MessageId.Create(DateTimeOffset.UnixEpoch, new byte[10]), EmailAddress.Parse("alice@sender.test"), DateTimeOffset.UnixEpoch, 1000);
        return new ClientDialogue(
            new ClientTransaction(envelope, [.. Enumerable.Range(0, recipients).Select(i => new Recipient(EmailAddress.Parse($"user{i}@dest.test")))]),
            peer, Host, preferChunking);
    }

    private static TransactionResult Result(ClientDialogue dialogue) => Assert.IsType<ClientStep.Done>(dialogue.Next()).Result;
}
