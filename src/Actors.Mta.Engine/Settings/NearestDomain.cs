using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Settings;

/// <summary>Finds what configuration says of a domain: its own entry, else that of the nearest ".parent", else "*".</summary>
public static class NearestDomain
{
    public static T? Find<T>(ImmutableDictionary<string, T> entries, DomainName domain) where T : class
    {
        if (entries.IsEmpty) return null;
        if (entries.TryGetValue(domain.Value, out var own)) return own;
        for (var dot = domain.Value.IndexOf('.'); dot >= 0 && !domain.IsLiteral; dot = domain.Value.IndexOf('.', dot + 1))
            if (entries.TryGetValue(domain.Value[dot..], out var parent)) return parent;
        return entries.GetValueOrDefault("*");
    }

    public static Route? RouteOf(this DeliverySettings settings, DomainName domain) => Find(settings.Routes, domain);

    /// <summary>TLS and login towards the hosts of a domain. A login is part of its route: a nearer route without one has none.</summary>
    public static ClientSecurity SecurityOf(this DeliverySettings settings, DomainName domain)
    {
        var tls = Find(settings.Tls, domain) ?? ClientSecurity.Default;
        return Find(settings.Logins, domain) is { Credentials: { } login } ? tls with { Credentials = login } : tls;
    }

    /// <summary>
    /// The limits of a site as one of its domains sees it: the default, or the entry under mta.delivery.sites whose suffix matches
    /// all exchangers (the longest wins), made stricter by what the domain itself brings.
    /// </summary>
    public static SiteLimits LimitsOf(this DeliverySettings settings, IEnumerable<string> hosts, DomainName domain)
    {
        var all = hosts.ToList();
        var site = settings.Sites
            .Where(entry => all.TrueForAll(host => Matches(host, entry.Key)))
            .OrderByDescending(entry => entry.Key.Length)
            .Select(entry => entry.Value)
            .FirstOrDefault() ?? settings.Default;
        return Find(settings.Domains, domain) is { } own ? SiteLimits.Smallest(site, own) : site;
    }

    private static bool Matches(string host, string suffix) =>
        suffix.StartsWith('.') ? host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) : host.Equals(suffix, StringComparison.OrdinalIgnoreCase);
}
