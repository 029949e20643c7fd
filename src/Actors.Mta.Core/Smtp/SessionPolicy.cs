using System.Collections.Immutable;

namespace Actors.Mta.Core.Smtp;

/// <summary>What a listener allows and announces; read once from configuration (mta.smtp.server, mta.listeners.*).</summary>
/// <param name="Hostname">Name in the greeting, EHLO and Received.</param>
public sealed record SessionPolicy(string Hostname, SessionLimits Limits)
{
    /// <summary>What to do with a bare CR or LF in a message.</summary>
    public BareNewline BareNewline { get; init; } = BareNewline.Refuse;
    /// <summary>Text of the greeting behind the host name.</summary>
    public string Banner { get; init; } = "ESMTP Actors.Mta";
    /// <summary>Extensions that are not announced and not honoured, upper case ("CHUNKING").</summary>
    public ImmutableHashSet<string> Disabled { get; init; } = [];
    /// <summary>What the listener is for.</summary>
    public ListenerRole Role { get; init; } = ListenerRole.Relay;
    /// <summary>True: STARTTLS is offered (RFC 3207). Never on a listener whose TLS is implicit.</summary>
    public bool StartTls { get; init; }
    /// <summary>True: MAIL and AUTH before TLS are 530 5.7.0 (plaintext mechanisms: 538 5.7.11).</summary>
    public bool RequireTls { get; init; }
    /// <summary>True: MAIL before AUTH is 530 5.7.0.</summary>
    public bool RequireAuth { get; init; }
    /// <summary>
    /// SASL mechanisms in the order in which they are announced, upper case; empty: AUTH is not offered. PLAIN and LOGIN are
    /// offered under TLS only (RFC 4954 4), the -PLUS ones too.
    /// </summary>
    public ImmutableArray<string> Mechanisms { get; init; } = [];
    /// <summary>True: the message gets a Date and a Message-ID when it has none (RFC 6409 8).</summary>
    public bool CompletesHeader { get; init; }
    /// <summary>True: Received does not tell the client's name and address.</summary>
    public bool HidesClient { get; init; }
    /// <summary>The tenant of mail of which neither log-in nor header says it; null: none.</summary>
    public string? Tenant { get; init; }
    /// <summary>Fields in which trusted senders name tenant and campaign.</summary>
    public TagFields Tags { get; init; } = TagFields.None;
    /// <summary>True: Received tells who logged in.</summary>
    public bool ShowsLogin { get; init; } = true;
}

/// <summary>Relay: mail between servers (port 25). Submission: mail of our users (587, RFC 6409). Submissions: the same under implicit TLS (465, RFC 8314).</summary>
public enum ListenerRole { Relay, Submission, Submissions }

/// <summary>Refuse: 550 5.6.0 once the message has been read. Normalise: each bare CR or LF becomes CRLF; neither ever ends a message.</summary>
public enum BareNewline { Refuse, Normalise }

/// <summary>Limits of one session; the defaults are RFC 5321 4.5.3's minima or above.</summary>
public sealed record SessionLimits
{
    /// <summary>Octets of a command line, CRLF included (RFC 5321 4.5.3.1.4 asks for 512, extensions add to it).</summary>
    public int CommandLine { get; init; } = 4096;
    /// <summary>Octets of a text line of a message, CRLF included; longer: 554 5.6.0. 0 is no limit.</summary>
    public int TextLine { get; init; }
    public int Recipients { get; init; } = 1000;
    /// <summary>Octets of a message as received; announced by SIZE. 0 is no limit.</summary>
    public long MessageSize { get; init; } = 50 * 1024 * 1024;
    /// <summary>Transactions per session, then 421 4.7.0.</summary>
    public int Transactions { get; init; } = 10_000;
    /// <summary>Protocol errors per session, then 421 4.7.0.</summary>
    public int Errors { get; init; } = 20;
    /// <summary>Commands between two messages that bring none nearer (NOOP, RSET, EHLO, VRFY …); each further one counts as an error.</summary>
    public int IdleCommands { get; init; } = 100;
    /// <summary>Received fields in a message, then 554 5.4.6 (RFC 5321 6.3).</summary>
    public int Hops { get; init; } = 50;
    /// <summary>Octets of a message's header section, then 552 5.3.4. 0 is no limit.</summary>
    public int HeaderSize { get; init; } = 256 * 1024;
}
