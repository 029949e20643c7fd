namespace Actors.Mta.Core.Delivery;

/// <summary>
/// A receiving site: the set of a domain's exchanger host names, sorted, joined by "|", with ":port" behind when it is not 25.
/// Domains with the same exchangers have the same site, whatever their preferences.
/// </summary>
public readonly record struct SiteName(string Value)
{
    public static SiteName Of(IEnumerable<string> hosts, int port) => throw new NotImplementedException();

    public override string ToString() => Value ?? "";
}
