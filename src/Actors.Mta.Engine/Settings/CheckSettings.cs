using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Reputation;

namespace Actors.Mta.Engine.Settings;

/// <summary>mta.checks: what is asked about clients that are neither in mta.relay.networks nor logged in.</summary>
public sealed record CheckSettings
{
    /// <summary>Clients that are not checked.</summary>
    public ImmutableArray<IPNetwork> Exempt { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];
    /// <summary>How long a command may wait for look-ups; then the check counts as not made.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
    public CheckAction ClientName { get; init; } = CheckAction.Off;
    public CheckAction Helo { get; init; } = CheckAction.Off;
    public CheckAction SenderDomain { get; init; } = CheckAction.Refuse;
    public DnsListSettings DnsLists { get; init; } = new();
    public GreylistSettings Greylist { get; init; } = new();

    /// <summary>True for clients that are not checked at all.</summary>
    public bool IsExempt(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        foreach (var network in Exempt)
        {
            if (network.Contains(client)) return true;
        }
        return false;
    }
}

/// <summary>Off: not asked. Warn: a log line and a count. Refuse: the client is refused.</summary>
public enum CheckAction { Off, Warn, Refuse }

/// <summary>mta.checks.dns-lists.</summary>
public sealed record DnsListSettings
{
    public CheckAction Action { get; init; } = CheckAction.Refuse;
    /// <summary>Sum of the weights of the lists that list a client, from which on it is refused.</summary>
    public int Threshold { get; init; } = 1;
    /// <summary>Weight and codes of lists that say nothing else.</summary>
    public DnsList Default { get; init; } = new("", 1, []);
    public ImmutableArray<DnsList> Lists { get; init; } = [];
}

/// <summary>mta.checks.greylist.</summary>
public sealed record GreylistSettings
{
    public CheckAction Action { get; init; } = CheckAction.Off;
    public GreylistPolicy Policy { get; init; } = new();
}
