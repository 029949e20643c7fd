using System.Globalization;

namespace Actors.Mta.Core.Delivery;

/// <summary>The grammar of <see cref="MaildirRoute"/>: "/var/mail/{domain}/{local}?quota=100M&amp;full=bounce&amp;separator=-".</summary>
internal static class MaildirRouteReader
{
    public static (Route? Route, string? Problem) Read(string text)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var (pattern, options) = question < 0 ? (text, "") : (text[..question], text[(question + 1)..]);
        if (Explain(pattern) is { } wrong) return (null, wrong);
        var maildir = new MaildirRoute(pattern);
        foreach (var option in options.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (With(maildir, option) is not { } next)
                return (null, $"has an option {option}; it takes quota=100M, full=bounce or full=defer, separator=+");
            maildir = next;
        }
        return (new Route(Route.LocalHost, 0, false) { Transport = TransportKind.Maildir, Maildir = maildir }, null);
    }

    private static string? Explain(string pattern)
    {
        if (!RouteReader.IsAbsolute(pattern)) return "names no absolute path of a Maildir";
        var plain = pattern.Replace("{local}", "").Replace("{domain}", "").Replace("{address}", "");
        if (plain.AsSpan().IndexOfAny('{', '}') >= 0) return "has an unknown placeholder; there are {local}, {domain} and {address}";
        return pattern.Contains("{local}", StringComparison.Ordinal) || pattern.Contains("{address}", StringComparison.Ordinal)
            ? null
            : "has neither {local} nor {address}: all mailboxes would be one";
    }

    private static MaildirRoute? With(MaildirRoute maildir, string option) => option.Split('=', 2) switch
    {
        ["quota", var size] when Octets(size) is { } quota => maildir with { Quota = quota },
        ["full", "bounce"] => maildir with { BounceWhenFull = true },
        ["full", "defer"] => maildir with { BounceWhenFull = false },
        ["separator", var separator] when separator.Length <= 1 && separator is not ("/" or "@") => maildir with { Separator = separator },
        _ => null,
    };

    /// <summary>"100M", "2G", "500k", "1000000"; powers of two, as everywhere in configuration.</summary>
    private static long? Octets(string text)
    {
        var shift = text.LastOrDefault() switch
        {
            'k' or 'K' => 10,
            'm' or 'M' => 20,
            'g' or 'G' => 30,
            't' or 'T' => 40,
            _ => 0,
        };
        var digits = shift == 0 ? text : text[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        return number > 0 && number <= long.MaxValue >> shift ? number << shift : null;
    }
}
