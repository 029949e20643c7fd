using System.Collections.Immutable;
using DnsClient.Protocol;

namespace Actors.Mta.IO.Dns;

/// <summary>What the servers said of one name and type, aliases followed.</summary>
internal abstract record DnsFinding
{
    private DnsFinding() { }

    internal sealed record Found(ImmutableArray<DnsResourceRecord> Records, TimeSpan TimeToLive) : DnsFinding;

    /// <summary>The name has no record of the type, or does not exist (RFC 2308).</summary>
    internal sealed record Nothing(bool NameExists, string Reason) : DnsFinding;

    /// <summary>No answer, or none that can be used: it may succeed later.</summary>
    internal sealed record Failed(string Reason) : DnsFinding;
}
