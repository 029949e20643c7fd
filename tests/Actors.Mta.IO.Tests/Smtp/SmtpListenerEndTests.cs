using System.Net.Sockets;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>Deadlines and draining. Time-outs here are short so that they pass, not so that anything is fast.</summary>
public sealed class SmtpListenerEndTests
{
    private const string Envelope = "MAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\n";
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Theory]
    [InlineData("")]
    [InlineData("NOO")]
    public async Task Ends_a_session_that_says_nothing(string said)
    {
        await using var host = await ListenerHost.StartAsync(o => o with { CommandTimeout = Short });
        using var client = await host.ConnectAsync();
        await client.ExpectAsync("220");
        await client.SayAsync(said);

        await client.ExpectAsync("421 4.4.2");
        await client.ExpectEndAsync();
        Assert.Equal(SessionEnd.IdleTimeout, await host.Sessions.EndAsync());
    }

    [Theory]
    [InlineData("DATA\r\nhalf", 3)]
    [InlineData("BDAT 10\r\n0123", 2)]
    public async Task Ends_a_session_whose_body_stops(string body, int replies)
    {
        await using var host = await ListenerHost.StartAsync(o => o with { DataTimeout = Short });
        using var client = await host.HelloAsync();
        await client.SayAsync(Envelope + body);
        for (var i = 0; i < replies; i++) await client.ReplyAsync();

        await client.ExpectAsync("421 4.4.2");
        await client.ExpectEndAsync();
        Assert.Equal(SessionEnd.IdleTimeout, await host.Sessions.EndAsync());
        Assert.Empty(host.Spool.Bodies);
    }

    [Fact]
    public async Task Ends_a_session_whose_client_does_not_read_its_replies()
    {
        await using var host = await ListenerHost.StartAsync(o => o with { CommandTimeout = Short });
        using var client = await host.ConnectAsync();
        var noops = string.Concat(Enumerable.Repeat("NOOP\r\n", 10_000));
        try
        {
            while (true) await client.SayAsync(noops);
        }
        catch (SocketException)
        {
            Assert.Equal(SessionEnd.IdleTimeout, await host.Sessions.EndAsync());
        }
    }

    [Fact]
    public async Task Draining_answers_those_who_wait_for_a_command_and_refuses_newcomers()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();

        await host.Listener.DrainAsync().WaitAsync(ScriptedClient.Patience);

        await client.ExpectAsync("421 4.3.2");
        await client.ExpectEndAsync();
        Assert.Equal(SessionEnd.Draining, await host.Sessions.EndAsync());
        await Assert.ThrowsAsync<SocketException>(host.ConnectAsync);
    }

    [Fact]
    public async Task Draining_lets_a_body_finish()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.HelloAsync();
        await client.SayAsync(Envelope + "DATA\r\n");
        for (var i = 0; i < 3; i++) await client.ReplyAsync();
        await client.SayAsync("one\r\n");

        var drained = host.Listener.DrainAsync();
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (true) (await host.ConnectAsync()).Dispose();
        });
        await client.SayAsync("two\r\n.\r\n");

        await client.ExpectAsync("250 2.0.0 Ok: queued");
        await client.ExpectAsync("421 4.3.2");
        await drained.WaitAsync(ScriptedClient.Patience);
        Assert.Equal("Received: by test\r\none\r\ntwo\r\n", host.OnlyMessage());
    }

    [Fact]
    public async Task Draining_cuts_a_body_that_does_not_finish_in_time()
    {
        await using var host = await ListenerHost.StartAsync(o => o with { DrainTimeout = Short });
        using var client = await host.HelloAsync();
        await client.SayAsync(Envelope + "DATA\r\n");
        for (var i = 0; i < 3; i++) await client.ReplyAsync();

        await host.Listener.DrainAsync().WaitAsync(ScriptedClient.Patience);

        Assert.Equal(SessionEnd.Draining, await host.Sessions.EndAsync());
        Assert.Equal(0, host.Listener.Connections);
        Assert.Empty(host.Spool.Bodies);
    }

    [Fact]
    public async Task Draining_waits_for_a_message_that_is_being_stored()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await ListenerHost.StartAsync(spool: new MemorySpool { Gate = gate });
        using var client = await host.HelloAsync();
        await client.SayAsync(Envelope + "DATA\r\n");
        for (var i = 0; i < 3; i++) await client.ReplyAsync();
        await client.SayAsync("x\r\n.\r\n");

        var drained = host.Listener.DrainAsync();
        Assert.False(drained.IsCompleted);
        gate.SetResult();

        await client.ExpectAsync("250 2.0.0 Ok: queued");
        await drained.WaitAsync(ScriptedClient.Patience);
        Assert.Single(host.Spool.Bodies);
    }
}
