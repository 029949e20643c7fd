namespace Actors.Mta.Core.Delivery;

/// <summary>What mail is handed over by. Lmtp (RFC 2033) and Maildir are final delivery: who takes the message has it.</summary>
public enum TransportKind { Smtp, Lmtp, Maildir }

/// <summary>How the targets of a plan are reached and spoken to; a part of a connection's identity.</summary>
public sealed record Transport(TransportKind Kind)
{
    /// <summary>SMTP over TCP, with what mta.smtp.client says of TLS.</summary>
    public static readonly Transport Smtp = new(TransportKind.Smtp);

    /// <summary>Absolute path of a Unix domain socket; null for TCP.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Set for <see cref="TransportKind.Maildir"/>.</summary>
    public MaildirRoute? Maildir { get; init; }

    public ClientSecurity Security { get; init; } = ClientSecurity.Default;

    /// <summary>True when the message goes to mailboxes, not to another relay: it cannot loop back by SMTP.</summary>
    public bool IsFinal => Kind != TransportKind.Smtp;

    /// <summary>True when there is no network in between and nothing to look up.</summary>
    public bool IsLocal => SocketPath is not null || Maildir is not null;
}
