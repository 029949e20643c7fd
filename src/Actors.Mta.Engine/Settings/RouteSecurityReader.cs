using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;

namespace Actors.Mta.Engine.Settings;

/// <summary>Reads tls, ca-file, user and password of an entry of mta.domains, and says where they contradict each other or the route.</summary>
internal static class RouteSecurityReader
{
    public static readonly (string Word, ClientTlsMode Value)[] TlsModes =
    [
        ("opportunistic", ClientTlsMode.Opportunistic), ("required", ClientTlsMode.Required),
        ("verified", ClientTlsMode.Verified), ("never", ClientTlsMode.Never),
    ];

    /// <summary>TLS and the file of authorities; null when the entry says nothing of them.</summary>
    public static ClientSecurity? ReadTls(ConfigSection domain)
    {
        var tls = domain.OptionalChoice("tls", TlsModes);
        var caFile = domain.OptionalText("ca-file", "an absolute path of a PEM file");
        if (caFile is not null && !Path.IsPathRooted(caFile)) domain.Problem("ca-file", $"takes an absolute path, not \"{caFile}\"");
        if (caFile is not null && tls is not (null or ClientTlsMode.Verified))
            domain.Problem("ca-file", "has no effect unless tls = verified", fatal: false);
        return tls is null && caFile is null ? null : new ClientSecurity { Tls = tls, CaFile = caFile };
    }

    /// <summary>The login of a route; null when there is none.</summary>
    public static ClientCredentials? ReadLogin(ConfigSection domain)
    {
        var user = domain.OptionalText("user", "a user's name at the route's host");
        var password = domain.OptionalText("password", "a password, \"file:/path\" or \"env:NAME\"");
        if (user is null && password is null) return null;
        if (user is null) domain.Problem("password", "is of no use without user");
        else if (password is null) domain.Problem("user", "has no password beside it");
        else if (user.Length == 0 || user.Any(char.IsControl)) domain.Problem("user", "takes a user's name");
        else if (IsPassword(domain, password)) return new ClientCredentials(user, password);
        return null;
    }

    /// <summary>What route, TLS and login say together.</summary>
    public static void Check(ConfigSection domain, Route? route, ClientSecurity? tls)
    {
        if (domain.Has("user") && !domain.Has("route"))
            domain.Problem("user", "stands without a route; a login is one at the route's host");
        if (tls?.Tls == ClientTlsMode.Never && domain.Has("user"))
            domain.Problem("tls", "is never, but credentials are sent over TLS only");
        if (tls?.Tls == ClientTlsMode.Never && route is { ImplicitTls: true })
            domain.Problem("tls", "is never, but the route is one of TLS (smtps)");
        if (route is not { IsLocal: true }) return;
        foreach (var key in new[] { "user", "tls", "ca-file" })
            if (domain.Has(key)) domain.Problem(key, $"means nothing for {route}, which is reached without a network");
    }

    private static bool IsPassword(ConfigSection domain, string password)
    {
        if (password.StartsWith("file:", StringComparison.Ordinal) && !Path.IsPathRooted(password["file:".Length..]))
        {
            domain.Problem("password", "takes an absolute path behind file:");
            return false;
        }
        if (Secret.TryRead(password, out _, out var problem)) return true;
        // A file is read anew for each connection; it may come to be after the start.
        var mayCome = password.StartsWith("file:", StringComparison.Ordinal);
        domain.Problem("password", $"cannot be had: {problem}", fatal: !mayCome);
        return mayCome;
    }
}
