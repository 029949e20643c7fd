using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>Where the mail of a domain goes: the decision made of an <see cref="MxAnswer"/> or a static route.</summary>
public abstract record MxPlan
{
    private MxPlan() { }

    /// <param name="Site">Shared by all domains with the same set of exchangers.</param>
    /// <param name="Hosts">Sorted by preference; equal ones stay unshuffled until <see cref="Attempts"/>.</param>
    /// <param name="Port">TCP port, 25 unless a route says otherwise.</param>
    /// <param name="TimeToLive">How long the plan may be kept.</param>
    public sealed record Deliver(SiteName Site, ImmutableArray<MxHost> Hosts, int Port, TimeSpan TimeToLive) : MxPlan
    {
        /// <summary>
        /// The targets of one connection attempt in order: by preference, shuffled within one, all addresses of a host
        /// next to each other and shuffled too.
        /// </summary>
        /// <param name="random">Returns a number in [0, n).</param>
        public ImmutableArray<ConnectTarget> Attempts(Func<int, int> random) => throw new NotImplementedException();
    }

    /// <summary>Permanent: 556 5.1.10 null MX, 550 5.1.2 no such domain, 554 5.4.6 mail loops back to this node.</summary>
    public sealed record Undeliverable(SmtpReply Reason, TimeSpan TimeToLive) : MxPlan;

    /// <summary>Temporary: 451 4.4.3 look-up failed; also when exchangers exist but none has an address for now.</summary>
    public sealed record TryLater(SmtpReply Reason) : MxPlan;

    /// <summary>
    /// Decides. When this node is among the exchangers (by host name or by address and port), it and all hosts of equal or higher
    /// preference number are dropped (RFC 5321 5.1); if none is left, mail loops.
    /// </summary>
    public static MxPlan From(Mail.DomainName domain, MxAnswer answer, LocalIdentity self, int port) => throw new NotImplementedException();

    /// <summary>The plan for an address literal ("[192.0.2.1]"): that address, no look-up.</summary>
    public static MxPlan ForLiteral(Mail.DomainName literal, int port, LocalIdentity self) => throw new NotImplementedException();
}

/// <summary>One address to connect to.</summary>
public sealed record ConnectTarget(string Host, IPAddress Address, int Port)
{
    public override string ToString() => $"{Host}[{Address}]:{Port}";
}

/// <summary>How a node recognises itself among exchangers.</summary>
/// <param name="Endpoints">Addresses and ports on which it listens for relay.</param>
public sealed record LocalIdentity(string Hostname, ImmutableArray<IPEndPoint> Endpoints);

/// <summary>
/// A static route of configuration: "mx.example.test", "mx.example.test:2525", "[192.0.2.1]:2525", or "example.test" with
/// <see cref="LookupMx"/> to use that domain's MX.
/// </summary>
public sealed record Route(string Host, int Port, bool LookupMx)
{
    /// <summary>Reads "host", "[host]" (no MX look-up, as in Postfix), "[address]", each with an optional ":port" (default 25).</summary>
    public static bool TryParse(string text, out Route route) => throw new NotImplementedException();
}
