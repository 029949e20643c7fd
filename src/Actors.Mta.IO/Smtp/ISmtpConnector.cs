using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Smtp;

/// <summary>Opens outbound connections: connect, greeting, EHLO (HELO, LHLO), TLS and AUTH as the target asks; or a local store.</summary>
public interface ISmtpConnector
{
    /// <summary>Tries the targets in order until one is ready for MAIL. Failures are in the result, never thrown.</summary>
    Task<ConnectResult> ConnectAsync(ImmutableArray<ConnectTarget> targets, CancellationToken cancel);
}

public abstract record ConnectResult
{
    private ConnectResult() { }

    /// <param name="Tried">
    /// Targets that failed before this one, with what they said. A target whose TLS failed and that was then used in the clear
    /// is among them with stage Tls.
    /// </param>
    public sealed record Connected(ISmtpClientConnection Connection, ImmutableArray<ConnectFailure> Tried) : ConnectResult;

    /// <summary>None answered as it should.</summary>
    public sealed record Failed(ImmutableArray<ConnectFailure> Tried) : ConnectResult;
}

/// <param name="Reply">The peer's, or in reply form: 451 4.4.1 for connect errors and time-outs.</param>
public sealed record ConnectFailure(ConnectTarget Target, SmtpStage Stage, SmtpReply Reply);

/// <summary>A connection that is ready for MAIL. One transaction at a time.</summary>
public interface ISmtpClientConnection : IAsyncDisposable
{
    ConnectTarget Target { get; }
    PeerCapabilities Capabilities { get; }
    /// <summary>"TLSv1.3 TLS_AES_256_GCM_SHA384", or null in the clear.</summary>
    string? Tls { get; }
    /// <summary>Sends one message. Never throws for what the peer or the network does.</summary>
    /// <param name="beforeBody">Asked once the peer has said that it wants the message, before that goes out; false: the connection is given up instead.</param>
    Task<TransactionResult> SendAsync(ClientTransaction transaction, ISpoolBody body, Func<ValueTask<bool>>? beforeBody, CancellationToken cancel);
    /// <summary>True while the peer has neither closed nor said anything unasked; cheap.</summary>
    bool IsAlive { get; }
    /// <summary>QUIT, a short wait for its reply, close.</summary>
    Task QuitAsync();
}

/// <summary>mta.smtp.client: who we are and how long we wait (RFC 5321 4.5.3.2).</summary>
public sealed record ClientOptions(string Hostname)
{
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan Greeting { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan Command { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan DataInitiation { get; init; } = TimeSpan.FromMinutes(2);
    public TimeSpan DataBlock { get; init; } = TimeSpan.FromMinutes(3);
    public TimeSpan AfterDot { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan Quit { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>For targets that do not say otherwise; see <see cref="ClientSecurity.TlsOr"/>.</summary>
    public ClientTlsMode Tls { get; init; } = ClientTlsMode.Opportunistic;
    /// <summary>BDAT instead of DATA where the peer offers CHUNKING (RFC 3030).</summary>
    public bool Chunking { get; init; } = true;
    /// <summary>Local address to bind for targets of the same address family; null is the system's choice.</summary>
    public System.Net.IPAddress? Source { get; init; }
}
