using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>What a host does with STARTTLS.</summary>
public enum StartTlsBehaviour
{
    /// <summary>Does not offer it.</summary>
    Off,
    Works,
    /// <summary>Offers it and answers 454 (RFC 3207 4).</summary>
    Refuses,
    /// <summary>Says 220 and then speaks no TLS.</summary>
    Garbage,
    /// <summary>Says 220 and closes.</summary>
    Closes,
}

/// <summary>What a host does while it is out of order.</summary>
public enum OutageKind
{
    /// <summary>Connections are closed as soon as they are made, open ones too.</summary>
    Closes,
    /// <summary>Connections are taken and never answered.</summary>
    Silent,
    /// <summary>The greeting is 421.</summary>
    Busy,
    /// <summary>Everything goes well until RCPT, which is answered 451.</summary>
    Defers,
}

/// <param name="From">After the start of the sink.</param>
public sealed record Outage(TimeSpan From, TimeSpan For, OutageKind Kind)
{
    public bool Covers(TimeSpan age) => age >= From && age < From + For;
}

/// <summary>A triplet is deferred until so long after it was first seen (450 4.7.1).</summary>
public sealed record GreylistOptions(TimeSpan Wait);

/// <summary>
/// How a receiving host behaves. Limits are by real rate and per client address: so many in any window of that length, not a
/// coin that is tossed. Of what is not set there is none.
/// </summary>
public sealed record Personality
{
    public required string Name { get; init; }

    /// <summary>Addresses on which it is met; a connection to one of these has this personality from its greeting on.</summary>
    public ImmutableArray<IPEndPoint> Listen { get; init; } = [];

    /// <summary>Domains whose mail it takes: "example.test", "*.example.test", "d1*.test". For DNS, and for the lab.</summary>
    public ImmutableArray<string> Domains { get; init; } = [];

    /// <summary>As in "220 NAME ESMTP".</summary>
    public string Hostname { get; init; } = "sink.test";

    /// <summary>Whose words it uses: generic, gmail, outlook or yahoo.</summary>
    public ReplyTexts Texts { get; init; } = ReplyTexts.Generic;

    /// <summary>Before the greeting; seconds.</summary>
    public Distribution? GreetingDelay { get; init; }

    /// <summary>Before each reply; seconds.</summary>
    public Distribution? ReplyDelay { get; init; }

    /// <summary>Before the reply to the final dot; seconds.</summary>
    public Distribution? DotDelay { get; init; }

    /// <summary>At a time, from one client; the next is answered 421.</summary>
    public int? Connections { get; init; }

    public Rate? ConnectionRate { get; init; }

    public Rate? MessageRate { get; init; }

    /// <summary>After so many on one connection MAIL is answered 421.</summary>
    public int? MessagesPerConnection { get; init; }

    public int? RecipientsPerMessage { get; init; }

    public GreylistOptions? Greylist { get; init; }

    /// <summary>The part of all recipients that are unknown (550 5.1.1); by their address, so the same one always is.</summary>
    public double UnknownUsers { get; init; }

    /// <summary>The part of messages in the middle of which it hangs up.</summary>
    public double DropInData { get; init; }

    /// <summary>The part of messages that it has in full when it hangs up without a reply; they do not count as received.</summary>
    public double DropAfterDot { get; init; }

    public StartTlsBehaviour StartTls { get; init; }

    public ImmutableArray<Outage> Outages { get; init; } = [];

    /// <summary>Octets of a message; more is answered 552 5.3.4.</summary>
    public long MessageSize { get; init; } = 64 << 20;

    public Outage? OutageAt(TimeSpan age)
    {
        foreach (var outage in Outages)
            if (outage.Covers(age)) return outage;
        return null;
    }
}
