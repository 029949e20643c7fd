using System.Globalization;
using System.Text;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Delivery;

/// <summary>The grammar of <see cref="Route"/>: text in, a route or what is wrong with the text out.</summary>
internal static class RouteReader
{
    private const string NoRoute =
        "is no route; write \"example.test\", \"[mx.example.test]:2525\", \"[192.0.2.1]\", \"smtps:[host]:465\", \"lmtp:host:24\", "
        + "\"lmtp:unix:/run/dovecot/lmtp\" or \"maildir:/var/mail/{domain}/{local}\"";

    private const int LongestSocketPath = 107; // sockaddr_un.sun_path, with its zero

    public static (Route? Route, string? Problem) Read(string text)
    {
        if (text.StartsWith("lmtp:unix:", StringComparison.Ordinal)) return Socket(text["lmtp:unix:".Length..]);
        if (text.StartsWith("maildir:", StringComparison.Ordinal)) return MaildirRouteReader.Read(text["maildir:".Length..]);
        if (text.StartsWith("lmtp:", StringComparison.Ordinal)) return Lmtp(text["lmtp:".Length..]);
        if (text.StartsWith("smtps:", StringComparison.Ordinal)) return Smtps(text["smtps:".Length..]);
        if (Network(text, Route.SmtpPort) is not { } route) return (null, NoRoute);
        return route.Port == Route.LmtpPort ? (null, "is SMTP to the port of LMTP; write lmtp: in front") : (route, null);
    }

    private static (Route?, string?) Lmtp(string text)
    {
        if (Network(text, Route.LmtpPort) is not { } route) return (null, NoRoute);
        // RFC 2033 5: a server that speaks LMTP on port 25 would be taken for one of SMTP.
        if (route.Port == Route.SmtpPort) return (null, "is LMTP to the port of SMTP (RFC 2033 5)");
        return (route with { Transport = TransportKind.Lmtp, LookupMx = false }, null);
    }

    private static (Route?, string?) Smtps(string text) => Network(text, Route.SmtpsPort) is { } route
        ? (route with { ImplicitTls = true, LookupMx = false }, null)
        : (null, NoRoute);

    private static (Route?, string?) Socket(string path)
    {
        if (!IsAbsolute(path)) return (null, "names no absolute path of a socket");
        if (Encoding.UTF8.GetByteCount(path) > LongestSocketPath) return (null, $"is longer than the {LongestSocketPath} octets that a socket's path may have");
        return (new Route(Route.LocalHost, 0, false) { Transport = TransportKind.Lmtp, SocketPath = path }, null);
    }

    /// <summary>A path that means the same from wherever it is read.</summary>
    internal static bool IsAbsolute(string path) =>
        path is ['/', _, ..] && path[^1] != '/' && !path.Any(char.IsControl) && !path.Split('/').Skip(1).Any(s => s is "" or "." or "..");

    private static Route? Network(string text, int usualPort)
    {
        if (!TrySplit(text, usualPort, out var host, out var port)) return null;
        return host is ['[', .. var inner, ']'] ? Bracketed(inner, port) : Plain(host, port);
    }

    private static Route? Bracketed(ReadOnlySpan<char> inner, int port)
    {
        if (Literal($"[{inner}]") is { } literal) return new Route(literal, port, false);
        if (Literal($"[IPv6:{inner}]") is { } untagged) return new Route(untagged, port, false);
        return HostName(inner) is { } host ? new Route(host, port, false) : null;
    }

    private static Route? Plain(ReadOnlySpan<char> text, int port)
    {
        if (Literal($"[{text}]") is { } literal) return new Route(literal, port, false);
        return HostName(text) is { } host ? new Route(host, port, true) : null;
    }

    private static string? Literal(string text) =>
        DomainName.TryParse(text, out var name) && name.TryGetAddress(out _) ? name.Value : null;

    private static string? HostName(ReadOnlySpan<char> text) =>
        DomainName.TryParse(text.ToString(), out var name) && !name.IsLiteral && !LooksLikeAddress(name.Value) ? name.Value : null;

    /// <summary>A last label of digits only is a mistyped address ("192.0.2.300"), never a name.</summary>
    private static bool LooksLikeAddress(string name) =>
        !name.AsSpan(name.LastIndexOf('.') + 1).ContainsAnyExceptInRange('0', '9');

    private static bool TrySplit(ReadOnlySpan<char> text, int usualPort, out ReadOnlySpan<char> host, out int port)
    {
        port = usualPort;
        host = text;
        var afterHost = text.StartsWith("[") ? text.IndexOf(']') + 1 : text.IndexOf(':');
        if (afterHost < 0 || afterHost == text.Length) return true;
        if (afterHost == 0 || text[afterHost] != ':') return false;
        host = text[..afterHost];
        return int.TryParse(text[(afterHost + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is > 0 and <= 65535;
    }
}
