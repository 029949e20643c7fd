using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Delivery;

/// <summary>
/// A static route of configuration: "mx.example.test", "mx.example.test:2525", "[192.0.2.1]:2525", or "example.test" with
/// <see cref="LookupMx"/> to use that domain's MX.
/// </summary>
/// <param name="Host">A domain or host name in canonical form, or an address literal with its brackets (<see cref="IsLiteral"/>).</param>
/// <param name="LookupMx">False: connect to the host itself, whatever MX it may have.</param>
public sealed record Route(string Host, int Port, bool LookupMx)
{
    private const int SmtpPort = 25;

    /// <summary>True when the host is an address: <see cref="MxPlan.ForLiteral"/> makes the plan, without a look-up.</summary>
    public bool IsLiteral => Host is ['[', ..];

    /// <summary>
    /// Reads "host", "[host]" (no MX look-up, as in Postfix), "[address]", each with an optional ":port" (default 25). The tag
    /// "IPv6:" may be left out within brackets, the brackets may be left out around an IPv4 address.
    /// </summary>
    public static bool TryParse(string text, [MaybeNullWhen(false)] out Route route)
    {
        route = null;
        if (!TrySplit(text, out var host, out var port)) return false;
        route = host is ['[', .. var inner, ']'] ? Bracketed(inner, port) : Plain(host, port);
        return route is not null;
    }

    public override string ToString()
    {
        var host = IsLiteral || LookupMx ? Host : $"[{Host}]";
        return Port == SmtpPort ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{Port}");
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

    private static bool TrySplit(ReadOnlySpan<char> text, out ReadOnlySpan<char> host, out int port)
    {
        port = SmtpPort;
        host = text;
        var afterHost = text.StartsWith("[") ? text.IndexOf(']') + 1 : text.IndexOf(':');
        if (afterHost < 0 || afterHost == text.Length) return true;
        if (afterHost == 0 || text[afterHost] != ':') return false;
        host = text[..afterHost];
        return int.TryParse(text[(afterHost + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is > 0 and <= 65535;
    }
}
