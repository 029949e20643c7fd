using System.Collections.Immutable;
using System.Net;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Source;

/// <summary>How a connection of the source is secured.</summary>
public enum SourceTls { None, StartTls, Implicit }

/// <summary>A user to log in as; by the strongest mechanism that is offered.</summary>
public sealed record SourceLogin(string User, string Password);

/// <summary>What a source sends, where, how much of it and how fast.</summary>
public sealed record SourceOptions
{
    public required RunId Run { get; init; }

    /// <summary>Servers; each session has one, and goes to the next when a connection fails.</summary>
    public required ImmutableArray<IPEndPoint> Targets { get; init; }

    /// <summary>For reports; several sources of one run have names of their own.</summary>
    public string Name { get; init; } = "source";

    /// <summary>How many; null: as many as fit into <see cref="Duration"/>. One of the two is set: a run ends.</summary>
    public long? Messages { get; init; }

    public TimeSpan? Duration { get; init; }

    /// <summary>Waits so long before it begins.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Messages a second, sent when they are due whether or not earlier ones are answered (open loop); latency then counts from
    /// when a message was due. Null: each session sends its next message when its last is answered (closed loop).
    /// </summary>
    public double? Rate { get; init; }

    /// <summary>Connections at a time.</summary>
    public int Sessions { get; init; } = 20;

    /// <summary>Messages on one connection; 0: all.</summary>
    public int PerConnection { get; init; } = 1;

    /// <summary>MAIL, RCPT and DATA in one piece (RFC 2920), when the server offers it.</summary>
    public bool Pipelining { get; init; }

    /// <summary>BDAT instead of DATA (RFC 3030).</summary>
    public bool Chunking { get; init; }

    public SourceTls Tls { get; init; }

    public SourceLogin? Login { get; init; }

    public string Helo { get; init; } = "load.test";

    /// <summary>The sender of all; empty: the null sender.</summary>
    public string Sender { get; init; } = "sender@load.test";

    public required DomainPicker Domains { get; init; }

    /// <summary>Recipients of a message; each is one copy.</summary>
    public Distribution Recipients { get; init; } = Distribution.Always(1);

    public MessageOptions Content { get; init; } = new();

    /// <summary>Longest wait for one reply or for a connection.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The random choices of a run are the same for the same seed.</summary>
    public int Seed { get; init; } = 1;
}
