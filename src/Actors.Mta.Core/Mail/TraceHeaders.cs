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

    private const int MaxComment = 200; // characters, so that a line stays below the 998 of RFC 5322 2.1.1

    /// <summary>"Delivered-To: ADDRESS" CRLF, in front of a message that an alias sends on: by it a forwarding loop is known.</summary>
    public static byte[] DeliveredTo(string address) => Encoding.UTF8.GetBytes($"Delivered-To: {address}\r\n");

    /// <summary>
    /// "Received: from CLIENT (host [ip]) by HOST with ESMTP id ID for &lt;rcpt&gt;; date", folded, ended by CRLF, with comments on TLS and
    /// login where they apply. The "for" clause only for a single recipient. A policy that hides clients leaves out the from clause and the
    /// client's certificate. What a client said is escaped so that it cannot end the field.
    /// </summary>
    public static byte[] Received(MessageId id, DialogueState state, SessionFacts facts, SessionPolicy policy, DateTimeOffset now)
    {
        var comments = Comments(state, facts, policy);
        var by = $"by {policy.Hostname} with {Protocol(state, facts)} id {id}";
        var recipient = state.Transaction is { Recipients: [var only] } ? $"\r\n\tfor <{only.Address.Text}>" : "";
        var clauses = policy.HidesClient ? $"{by}{comments}" : $"from {Client(state, facts)}{comments}\r\n\t{by}";
        return Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"Received: {clauses}{recipient};\r\n\t{now.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n"));
    }

    private static string Client(DialogueState state, SessionFacts facts)
    {
        var host = string.IsNullOrEmpty(facts.ClientHost) ? "" : $"{Escape(facts.ClientHost)} ";
        return $"{Escape(state.ClientName)} ({host}{AddressLiteral.Format(Plain(facts.Client.Address))})";
    }

    private static string Comments(DialogueState state, SessionFacts facts, SessionPolicy policy)
    {
        var comments = "";
        if (facts.Tls is { } tls)
        {
            comments = $"\r\n\t(using {Comment(tls.Protocol)} with cipher {Comment(tls.Cipher)})";
            if (tls.ClientSubject is { } subject && !policy.HidesClient) comments += $"\r\n\t(client certificate subject {Comment(subject)})";
        }
        if (state.User is { } user && policy.ShowsLogin) comments += $"\r\n\t(authenticated as {Comment(user.Name)})";
        return comments;
    }

    /// <summary>RFC 3848; RFC 6531 4.3 for those that begin with UTF8. HELO is SMTP, whatever else was done.</summary>
    private static string Protocol(DialogueState state, SessionFacts facts)
    {
        var utf8 = state.Transaction is { Mail.SmtpUtf8: true };
        if (!utf8 && !state.Extended) return "SMTP";
        return (utf8, facts.Tls is not null, state.User is not null) switch
        {
            (false, false, false) => "ESMTP",
            (false, false, true) => "ESMTPA",
            (false, true, false) => "ESMTPS",
            (false, true, true) => "ESMTPSA",
            (true, false, false) => "UTF8SMTP",
            (true, false, true) => "UTF8SMTPA",
            (true, true, false) => "UTF8SMTPS",
            (true, true, true) => "UTF8SMTPSA",
        };
    }

    /// <summary>Text within a comment (RFC 5322 3.2.2): its special characters quoted, what is not printable ASCII as "?".</summary>
    private static string Comment(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxComment)))
        {
            if (c is '(' or ')' or '\\') escaped.Append('\\');
            escaped.Append(c is >= ' ' and <= '~' ? c : '?');
        }
        return escaped.ToString();
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
