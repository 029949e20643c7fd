using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Actors.Mta.Core.Delivery;

/// <summary>
/// A static route of configuration. SMTP: "mx.example.test" with <see cref="LookupMx"/> (that domain's MX), "[mx.example.test]",
/// "[192.0.2.1]", each with an optional ":port"; "smtps:[host]:465" for TLS from the first octet. Final delivery:
/// "lmtp:host:24", "lmtp:unix:/run/dovecot/lmtp", "maildir:/var/mail/{domain}/{local}".
/// </summary>
/// <param name="Host">
/// A domain or host name in canonical form, or an address literal with its brackets (<see cref="IsLiteral"/>); "localhost" where
/// there is no network (<see cref="IsLocal"/>).
/// </param>
/// <param name="Port">TCP port; 0 where there is no network.</param>
/// <param name="LookupMx">False: connect to the host itself, whatever MX it may have.</param>
public sealed record Route(string Host, int Port, bool LookupMx)
{
    public const string LocalHost = "localhost";
    internal const int SmtpPort = 25;
    internal const int LmtpPort = 24;
    internal const int SmtpsPort = 465;

    public TransportKind Transport { get; init; }

    /// <summary>TLS from the first octet: "smtps:".</summary>
    public bool ImplicitTls { get; init; }

    /// <summary>Absolute path of a Unix domain socket, for "lmtp:unix:".</summary>
    public string? SocketPath { get; init; }

    /// <summary>For "maildir:".</summary>
    public MaildirRoute? Maildir { get; init; }

    /// <summary>True when the host is an address: <see cref="MxPlan.ForLiteral"/> makes the plan, without a look-up.</summary>
    public bool IsLiteral => Host is ['[', ..];

    /// <summary>True when there is nothing to look up or connect to by TCP: <see cref="MxPlan.ForLocal"/> makes the plan.</summary>
    public bool IsLocal => SocketPath is not null || Maildir is not null;

    /// <summary>What a plan by this route tells the connector.</summary>
    /// <param name="security">What configuration says of TLS and login; "smtps:" adds implicit TLS, and without a network there is none.</param>
    public Transport TransportWith(ClientSecurity security) => new(Transport)
    {
        SocketPath = SocketPath,
        Maildir = Maildir,
        Security = IsLocal ? ClientSecurity.Default : ImplicitTls ? security with { Implicit = true } : security,
    };

    /// <summary>
    /// Reads a route. The tag "IPv6:" may be left out within brackets, the brackets may be left out around an IPv4 address.
    /// </summary>
    public static bool TryParse(string text, [MaybeNullWhen(false)] out Route route) => TryParse(text, out route, out _);

    /// <param name="problem">Why it is no route, as the end of a sentence that begins with the text; null when it is one.</param>
    public static bool TryParse(string text, [MaybeNullWhen(false)] out Route route, [NotNullWhen(false)] out string? problem)
    {
        (route, problem) = RouteReader.Read(text);
        return route is not null;
    }

    public override string ToString()
    {
        if (Maildir is not null) return $"maildir:{Maildir}";
        if (SocketPath is not null) return $"lmtp:unix:{SocketPath}";
        var scheme = Transport == TransportKind.Lmtp ? "lmtp:" : ImplicitTls ? "smtps:" : "";
        var usual = Transport == TransportKind.Lmtp ? LmtpPort : ImplicitTls ? SmtpsPort : SmtpPort;
        var host = IsLiteral || LookupMx ? Host : $"[{Host}]";
        return Port == usual ? scheme + host : string.Create(CultureInfo.InvariantCulture, $"{scheme}{host}:{Port}");
    }
}
