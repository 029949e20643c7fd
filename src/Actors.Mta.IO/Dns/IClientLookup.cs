using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Reputation;

namespace Actors.Mta.IO.Dns;

/// <summary>What DNS knows of clients. Never throws for what DNS says or fails to say.</summary>
public interface IClientLookup
{
    /// <summary>What a DNS list answers about a client (RFC 5782).</summary>
    /// <param name="zone">Canonical name of the list.</param>
    Task<DnsListAnswer> FindInListAsync(string zone, IPAddress client, CancellationToken cancel);

    /// <summary>The name of a client, confirmed by its own addresses.</summary>
    Task<ClientName> FindNameAsync(IPAddress client, CancellationToken cancel);
}

/// <summary>What a list said.</summary>
public abstract record DnsListAnswer
{
    private DnsListAnswer() { }

    /// <param name="Codes">The A records.</param>
    /// <param name="Text">The TXT record; null when there is none.</param>
    public sealed record Listed(ImmutableArray<IPAddress> Codes, string? Text) : DnsListAnswer;

    public sealed record NotListed : DnsListAnswer { public static readonly NotListed Instance = new(); }

    /// <summary>No answer, or none that can be used.</summary>
    public sealed record Failed(string Reason) : DnsListAnswer;
}
