using System.Collections.Immutable;
using System.Net;

namespace Actors.Mta.Core.Delivery;

/// <summary>What DNS said of a mail domain (RFC 5321 5.1): facts, not yet decisions.</summary>
public abstract record MxAnswer
{
    private MxAnswer() { }

    /// <param name="Hosts">As the zone gives them; unordered. One implicit host of preference 0 when there was no MX but an address.</param>
    /// <param name="TimeToLive">The shortest TTL of all records used.</param>
    public sealed record Hosts(ImmutableArray<MxHost> All, bool Implicit, TimeSpan TimeToLive) : MxAnswer;

    /// <summary>"MX 0 ." (RFC 7505).</summary>
    public sealed record NullMx(TimeSpan TimeToLive) : MxAnswer;

    /// <summary>NXDOMAIN, or a name with neither MX nor address.</summary>
    public sealed record NoSuchDomain(string Reason, TimeSpan TimeToLive) : MxAnswer;

    /// <summary>SERVFAIL, REFUSED, time-out, a broken answer: ask again later.</summary>
    public sealed record TemporaryFailure(string Reason) : MxAnswer;
}

/// <summary>One mail exchanger.</summary>
/// <param name="Name">Canonical host name, lower case, no trailing dot.</param>
/// <param name="Addresses">All A and AAAA; empty when they could not be found.</param>
/// <param name="Failure">Why there are no addresses, when <paramref name="Addresses"/> is empty.</param>
/// <param name="FailureIsTemporary">True when the address look-up may succeed later.</param>
public sealed record MxHost(string Name, int Preference, ImmutableArray<IPAddress> Addresses, string? Failure = null, bool FailureIsTemporary = false);
