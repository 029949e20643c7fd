using System.Globalization;
using Actors.Mta.Core.Sasl.Client;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>What a peer offered in its reply to EHLO or LHLO.</summary>
public sealed record PeerCapabilities
{
    public bool Esmtp { get; init; }
    /// <summary>It answered LHLO: one reply for each recipient after the message (RFC 2033 4.2).</summary>
    public bool Lmtp { get; init; }
    public bool Pipelining { get; init; }
    public bool EightBitMime { get; init; }
    public bool SmtpUtf8 { get; init; }
    public bool Dsn { get; init; }
    public bool Chunking { get; init; }
    public bool StartTls { get; init; }
    /// <summary>Of what AUTH offers (RFC 4954 3), the mechanisms that this client knows.</summary>
    public SaslMechanisms Auth { get; init; }
    public bool EnhancedStatusCodes { get; init; }
    /// <summary>SIZE: null not offered, 0 offered without a limit.</summary>
    public long? Size { get; init; }
    /// <summary>RCPTMAX of LIMITS (RFC 9422).</summary>
    public int? RecipientsMax { get; init; }
    /// <summary>MAILMAX of LIMITS (RFC 9422).</summary>
    public int? MailsMax { get; init; }

    /// <summary>Reads a positive reply to EHLO or LHLO; unknown keywords are ignored.</summary>
    public static PeerCapabilities FromEhlo(SmtpReply reply)
    {
        var peer = new PeerCapabilities { Esmtp = true };
        // RFC 5321 4.1.1.1: the first line names the server, each further one is a keyword with parameters.
        for (var i = 1; i < reply.Lines.Length; i++) peer = peer.With(reply.Lines[i]);
        return peer;
    }

    private PeerCapabilities With(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 0) return this;
        return words[0].ToUpperInvariant() switch
        {
            "PIPELINING" => this with { Pipelining = true },
            "8BITMIME" => this with { EightBitMime = true },
            "SMTPUTF8" => this with { SmtpUtf8 = true },
            "DSN" => this with { Dsn = true },
            "CHUNKING" => this with { Chunking = true },
            "STARTTLS" => this with { StartTls = true },
            "ENHANCEDSTATUSCODES" => this with { EnhancedStatusCodes = true },
            "AUTH" => this with { Auth = words.AsSpan(1).ToArray().Aggregate(Auth, static (all, word) => all | SaslClient.Named(word)) },
            "SIZE" => this with { Size = SizeOf(words) },
            "LIMITS" => WithLimits(words),
            _ => this,
        };
    }

    /// <summary>RFC 1870 4: no number, or 0, is no fixed limit; so is a number that cannot be read.</summary>
    private static long SizeOf(string[] words) =>
        words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0;

    private PeerCapabilities WithLimits(string[] words)
    {
        var peer = this;
        foreach (var word in words.AsSpan(1))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) continue;
            // RFC 9422 3: limits are positive, of at most six digits; anything else is ignored.
            if (!int.TryParse(word.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)) continue;
            if (limit == 0) continue;
            peer = word[..equals].ToUpperInvariant() switch
            {
                "RCPTMAX" => peer with { RecipientsMax = limit },
                "MAILMAX" => peer with { MailsMax = limit },
                _ => peer,
            };
        }
        return peer;
    }
}
