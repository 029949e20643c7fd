namespace Actors.Mta.Core.Delivery;

/// <summary>
/// A receiving site: the set of a domain's exchanger host names, sorted, joined by "|", with ":port" behind when it is not 25.
/// Domains with the same exchangers have the same site, whatever their preferences.
/// </summary>
public readonly record struct SiteName(string Value)
{
    private const int SmtpPort = 25;

    /// <summary>The site of these hosts: case, order, repetition and a trailing dot make no difference.</summary>
    public static SiteName Of(IEnumerable<string> hosts, int port)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var host in hosts) names.Add(host.TrimEnd('.').ToLowerInvariant());
        var joined = string.Join('|', names);
        return new SiteName(port == SmtpPort ? joined : $"{joined}:{port}");
    }

    public override string ToString() => Value ?? "";
}
