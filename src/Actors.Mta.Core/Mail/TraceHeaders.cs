using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Mail;

/// <summary>The Received field (RFC 5321 4.4) that goes in front of a message.</summary>
public static class TraceHeaders
{
    // What may stand in the from clause as it is: the characters of domains and literals.
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_[]:");

    /// <summary>
    /// "Received: from CLIENT ([ip]) by HOST with ESMTP id ID for &lt;rcpt&gt;; date", folded, ended by CRLF. The "for" clause only for
    /// a single recipient. "with" by RFC 3848 and 6531: SMTP, ESMTP, ESMTPS, UTF8SMTP, UTF8SMTPS.
    /// What a client said is escaped so that it cannot end the field.
    /// </summary>
    public static byte[] Received(MessageId id, DialogueState state, SessionFacts facts, string hostname, DateTimeOffset now)
    {
        var recipient = state.Transaction is { Recipients: [var only] } ? $"\r\n\tfor <{only.Address.Text}>" : "";
        return Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"Received: from {Escape(state.ClientName)} ({AddressLiteral.Format(Plain(facts.Client.Address))})\r\n\t" +
            $"by {hostname} with {Protocol(state, facts)} id {id}{recipient};\r\n\t" +
            $"{now.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n"));
    }

    private static string Protocol(DialogueState state, SessionFacts facts)
    {
        if (state.Transaction is { Mail.SmtpUtf8: true }) return facts.Tls is not null ? "UTF8SMTPS" : "UTF8SMTP";
        return (state.Extended, facts.Tls is not null) switch { (false, _) => "SMTP", (_, false) => "ESMTP", _ => "ESMTPS" };
    }

    // An IPv4 client of a dual-mode socket as IPv4; a link-local address without its scope, which means nothing elsewhere.
    private static IPAddress Plain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0
            ? new IPAddress(address.GetAddressBytes())
            : address;
    }

    private static string Escape(string? clientName)
    {
        if (string.IsNullOrEmpty(clientName)) return "unknown";
        if (!clientName.AsSpan().ContainsAnyExcept(NameCharacters)) return clientName;
        return string.Create(clientName.Length, clientName, static (span, name) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = NameCharacters.Contains(name[i]) ? name[i] : '?';
        });
    }
}
