using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;

namespace Actors.Mta.Engine.Tests.Delivery;

public class DomainSpecs : SiteWorldSpecs
{
    public DomainSpecs() : base(l => l with { Connections = 1 }) { }

    [Fact]
    public void Defers_all_ready_messages_when_the_look_up_fails()
    {
        World.Resolver["one.test"] = new MxAnswer.TemporaryFailure("SERVFAIL");
        var domain = Domain("one.test");
        Ready(3, domain);

        SettledAre(3);
        Assert.All(Settled, s => Assert.Equal((RecipientFate.Open, 451, "4.4.3"), (s.Results[0].Fate, s.Results[0].Reply.Code, s.Results[0].Reply.Status?.ToString())));
        Assert.All(Settled, s => Assert.Equal(World.Now + TimeSpan.FromMinutes(5), s.Due));
    }

    [Fact]
    public void Does_not_repeat_a_failed_look_up_for_a_while()
    {
        World.Resolver["one.test"] = new MxAnswer.TemporaryFailure("SERVFAIL");
        var domain = Domain("one.test");
        Ready(domain);
        SettledAre(1);
        Ready(domain);
        SettledAre(2);
        Assert.Equal(1, World.Resolver.Asked);

        World.Advance(TimeSpan.FromSeconds(30));
        World.Resolver["one.test"] = ScriptedResolver.Hosts("mx.one.test");
        Ready(domain);

        World.Connector.NextAttempt();
        Assert.Equal(2, World.Resolver.Asked);
    }

    [Fact]
    public void Fails_all_ready_messages_when_the_domain_takes_no_mail()
    {
        World.Resolver["one.test"] = new MxAnswer.NullMx(TimeSpan.FromHours(1));
        Ready(2, Domain("one.test"));

        SettledAre(2);
        Assert.All(Settled, s => Assert.Equal((RecipientFate.OwesFailed, 556, "5.1.10"), (s.Results[0].Fate, s.Results[0].Reply.Code, s.Results[0].Reply.Status?.ToString())));
        Assert.Equal(0, World.Connector.Connects);
    }

    [Fact]
    public void Sends_its_messages_in_order_over_one_connection()
    {
        var domain = Domain("one.test");
        var messages = Enumerable.Range(0, 3).Select(_ => Ready(domain)).ToList();
        World.Connector.NextAttempt().Connect();

        for (var i = 0; i < messages.Count; i++)
        {
            var sending = World.Connector.NextSending();
            Assert.Equal(messages[i].Envelope.Id, sending.Transaction.Envelope.Id);
            sending.Accept();
            // Each has an actor of its own: who is heard first, of two that are done, is not said.
            SettledAre(i + 1);
            Assert.Equal(messages[i].Key, Settled[i].Key);
        }

        Assert.All(World.Spool.Opened, b => AwaitAssert(() => Assert.True(b.Disposed)));
        Assert.Equal(1, World.Connector.Connects);
    }

    [Fact]
    public void Gives_back_what_is_recalled_and_sends_the_rest()
    {
        var domain = Domain("one.test");
        var messages = Enumerable.Range(0, 3).Select(_ => Ready(domain)).ToList();
        var attempt = World.Connector.NextAttempt();
        AwaitAssert(() => Supervisor.FishForMessage<PartitionProtocol.Started>(_ => true));
        domain.Tell(new PartitionProtocol.Recall([messages[0].Key, messages[1].Key]), Supervisor.Ref);
        Assert.Equal(messages[1].Key, Assert.Single(Supervisor.FishForMessage<PartitionProtocol.Recalled>(_ => true).Keys));

        attempt.Connect();
        World.Connector.NextSending().Accept();
        Assert.Equal(messages[2].Envelope.Id, World.Connector.NextSending().Transaction.Envelope.Id);
    }

    [Fact]
    public void Fails_a_message_whose_body_is_missing_and_uses_its_slot_for_the_next()
    {
        var domain = Domain("one.test");
        var missing = Ready(domain, stored: false);
        var next = Ready(domain);

        World.Connector.NextAttempt().Connect();
        Assert.Equal(next.Envelope.Id, World.Connector.NextSending().Transaction.Envelope.Id);
        SettledAre(1);
        Assert.Equal(missing.Key, Settled[0].Key);
        Assert.Equal((RecipientFate.OwesFailed, "5.3.0"), (Settled[0].Results[0].Fate, Settled[0].Results[0].Reply.Status?.ToString()));
        Assert.Equal(1, World.Log.Count("body of"));
    }

    [Fact]
    public void Defers_a_message_whose_body_cannot_be_read()
    {
        World.Spool.Failure = new IOException("bad sector");
        Ready(Domain("one.test"));

        SettledAre(1);
        Assert.Equal((RecipientFate.Open, "4.3.0"), (Settled[0].Results[0].Fate, Settled[0].Results[0].Reply.Status?.ToString()));
    }

    [Fact]
    public void Logs_a_message_that_is_in_doubt_and_tries_it_again_later()
    {
        Ready(Domain("one.test"));
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Lose(inDoubt: true);

        SettledAre(1);
        Assert.Equal(RecipientFate.Open, Settled[0].Results[0].Fate);
        Assert.Equal(1, World.Log.Count("in-doubt"));
    }

    [Fact]
    public void Replaces_a_kept_connection_that_is_dead_without_spending_the_attempt()
    {
        var domain = Domain("one.test");
        Ready(domain);
        var first = World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(1);
        first.IsAlive = false;

        Ready(domain);
        var second = World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();

        SettledAre(2);
        Assert.All(Settled, s => Assert.Equal(RecipientFate.Settled, s.Results[0].Fate));
        AwaitAssert(() => Assert.True(first.Closed));
        Assert.False(second.Closed);
    }

    [Fact]
    public void Replaces_a_kept_connection_that_dies_under_a_message_without_spending_the_attempt()
    {
        var domain = Domain("one.test");
        Ready(domain);
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(1);

        var message = Ready(domain);
        World.Connector.NextSending().Lose();
        World.Connector.NextAttempt().Connect();
        var again = World.Connector.NextSending();
        Assert.Equal(message.Envelope.Id, again.Transaction.Envelope.Id);
        again.Accept();

        SettledAre(2);
        Assert.Equal(RecipientFate.Settled, Settled[1].Results[0].Fate);
    }

    [Fact]
    public void Spends_the_attempt_when_a_fresh_connection_is_lost()
    {
        Ready(Domain("one.test"));
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Lose();

        SettledAre(1);
        Assert.Equal(RecipientFate.Open, Settled[0].Results[0].Fate);
    }

    [Fact]
    public void Keeps_the_body_until_the_connection_is_done_with_it_even_when_the_message_is_stopped()
    {
        var domain = Domain("one.test");
        Ready(domain);
        World.Connector.NextAttempt().Connect();
        var sending = World.Connector.NextSending();
        Watch(domain);
        Sys.Stop(domain);
        ExpectTerminated(domain);
        Supervisor.FishForMessage<PartitionProtocol.Aborted>(_ => true);
        Assert.True(sending.Body.TryGetMemory(out _));

        sending.Accept();

        AwaitAssert(() => Assert.True(World.Spool.Opened.Single().Disposed));
    }

    [Fact]
    public void Defers_a_message_whose_connection_breaks_and_frees_the_slot()
    {
        var domain = Domain("one.test");
        Ready(2, domain);
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Break();

        SettledAre(1);
        Assert.Equal("451 4.4.2 in doubt, perhaps delivered: connection was stopped", Reply(Settled[0]));
        World.Connector.NextAttempt().Connect();
        World.Connector.NextSending().Accept();
        SettledAre(2);
    }

    [Fact]
    public void Defers_a_message_whose_connection_was_gone_before_it_came()
    {
        var gate = new TaskCompletionSource();
        World.Spool.Gate = gate.Task;
        Ready(Domain("one.test"));
        Supervisor.FishForMessage<PartitionProtocol.Started>(_ => true);
        Assert.Single(Children(Egress)).Tell(Kill.Instance);

        SettledAre(1);
        Assert.Equal("451 4.4.2 connection was stopped", Reply(Settled[0]));
        gate.SetResult();
    }
}
