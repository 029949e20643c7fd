using System.Net;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>A listener on a free loopback port with sessions and a spool that a test can look into.</summary>
internal sealed class ListenerHost : IAsyncDisposable
{
    public const int LargeBody = 64 * 1024;

    private ListenerHost(SmtpListener listener, DialogueSessions sessions, MemorySpool spool) =>
        (Listener, Sessions, Spool) = (listener, sessions, spool);

    public SmtpListener Listener { get; }

    public DialogueSessions Sessions { get; }

    public MemorySpool Spool { get; }

    public static ListenerOptions Options { get; } = new("relay", new IPEndPoint(IPAddress.Loopback, 0))
    {
        // Many tests pipeline commands by the thousand.
        Limits = new SessionLimits { IdleCommands = int.MaxValue },
        Hostname = "mx.example.test",
    };

    public static async Task<ListenerHost> StartAsync(
        Func<ListenerOptions, ListenerOptions>? configure = null, DialogueSessions? sessions = null, MemorySpool? spool = null,
        ILogger? log = null)
    {
        var options = configure is null ? Options : configure(Options);
        sessions ??= new DialogueSessions(Policy(options.Limits));
        spool ??= new MemorySpool();
        var listener = await SmtpListener.StartAsync(options, sessions, spool, LargeBody, log ?? NullLogger.Instance);
        return new ListenerHost(listener, sessions, spool);
    }

    public static SessionPolicy Policy(SessionLimits? limits = null) => new(Options.Hostname, limits ?? Options.Limits);

    public Task<ScriptedClient> HelloAsync() => ScriptedClient.HelloAsync(Listener.Endpoint);

    public Task<ScriptedClient> ConnectAsync() => ScriptedClient.ConnectAsync(Listener.Endpoint);

    /// <summary>The only accepted message, as text of one octet a character.</summary>
    public string OnlyMessage()
    {
        Assert.Equal(Sessions.Accepted, Spool.Bodies.Keys);
        return Encoding.Latin1.GetString(Assert.Single(Spool.Bodies).Value);
    }

    public string Message(MessageId id) => Encoding.Latin1.GetString(Spool.Bodies[id]);

    public ValueTask DisposeAsync() => Listener.DisposeAsync();
}
