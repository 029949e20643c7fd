namespace Actors.Mta.Core.Delivery;

/// <summary>
/// A receiving site: the set of a domain's exchanger host names, sorted, joined by "|", with ":port" behind when it is not 25.
/// Domains with the same exchangers have the same site, whatever their preferences. What makes connections differ is in the
/// name too: transport, socket or Maildir, what is asked of TLS, and the login (never its password).
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

    public static SiteName Of(IEnumerable<string> hosts, int port, Transport transport)
    {
        var security = transport.Security;
        var place = transport switch
        {
            { Maildir: { } maildir } => $"maildir:{maildir}",
            { SocketPath: { } path } => $"lmtp:unix:{path}",
            { Kind: TransportKind.Lmtp } => $"lmtp:{Of(hosts, port)}",
            _ => security.Implicit ? $"smtps:{Of(hosts, port)}" : Of(hosts, port).Value,
        };
        if (security.Tls is { } tls) place += $" tls={tls.ToString().ToLowerInvariant()}";
        if (security.CaFile is { } file) place += $" ca={file}";
        if (security.Credentials is { } login) place += $" user={login.User}";
        return new SiteName(place);
    }

    /// <summary>This is its name, or one of its exchangers, with or without the port.</summary>
    public bool Has(string host)
    {
        if (string.Equals(Value, host, StringComparison.OrdinalIgnoreCase)) return true;
        var places = Value.Split(' ', 2)[0];
        foreach (var scheme in (string[])["smtps:", "lmtp:"])
            if (places.StartsWith(scheme, StringComparison.Ordinal)) places = places[scheme.Length..];
        return places.Split('|').Any(p => string.Equals(p, host, StringComparison.OrdinalIgnoreCase) || string.Equals(WithoutPort(p), host, StringComparison.OrdinalIgnoreCase));
    }

    private static string WithoutPort(string place)
    {
        // A colon within brackets belongs to an IPv6 literal.
        var colon = place.LastIndexOf(':');
        return colon > place.LastIndexOf(']') ? place[..colon] : place;
    }

    public override string ToString() => Value ?? "";
}
