using System.Globalization;
using System.Net;

namespace Actors.Mta.Core.Configuration;

/// <summary>Values with units as people write them. Nothing is guessed: a duration without a unit is refused.</summary>
public static class Units
{
    private static readonly Dictionary<string, double> DurationSeconds = new(StringComparer.Ordinal)
    {
        ["ms"] = 0.001,
        ["millis"] = 0.001,
        ["millisecond"] = 0.001,
        ["milliseconds"] = 0.001,
        ["s"] = 1,
        ["sec"] = 1,
        ["second"] = 1,
        ["seconds"] = 1,
        ["m"] = 60,
        ["min"] = 60,
        ["minute"] = 60,
        ["minutes"] = 60,
        ["h"] = 3600,
        ["hour"] = 3600,
        ["hours"] = 3600,
        ["d"] = 86400,
        ["day"] = 86400,
        ["days"] = 86400,
        ["w"] = 604800,
        ["week"] = 604800,
        ["weeks"] = 604800,
    };

    // The HOCON specification's size units: one letter is a power of two.
    private static readonly Dictionary<string, long> SizeOctets = new(StringComparer.Ordinal)
    {
        [""] = 1,
        ["B"] = 1,
        ["b"] = 1,
        ["byte"] = 1,
        ["bytes"] = 1,
        ["k"] = 1L << 10,
        ["K"] = 1L << 10,
        ["Ki"] = 1L << 10,
        ["KiB"] = 1L << 10,
        ["kB"] = 1000,
        ["m"] = 1L << 20,
        ["M"] = 1L << 20,
        ["Mi"] = 1L << 20,
        ["MiB"] = 1L << 20,
        ["MB"] = 1_000_000,
        ["g"] = 1L << 30,
        ["G"] = 1L << 30,
        ["Gi"] = 1L << 30,
        ["GiB"] = 1L << 30,
        ["GB"] = 1_000_000_000,
        ["t"] = 1L << 40,
        ["T"] = 1L << 40,
        ["Ti"] = 1L << 40,
        ["TiB"] = 1L << 40,
        ["TB"] = 1_000_000_000_000,
    };

    /// <summary>"30s", "5m", "1.5h", "5 days"; "0" needs no unit.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Trim() == "0") return true;
        if (!TrySplit(text, out var number, out var unit) || !DurationSeconds.TryGetValue(unit, out var seconds)) return false;
        var total = number * seconds;
        if (total > TimeSpan.FromDays(36500).TotalSeconds) return false;
        duration = TimeSpan.FromMilliseconds(Math.Round(total * 1000));
        return true;
    }

    /// <summary>"50MiB", "64k", "4096".</summary>
    public static bool TrySize(string text, out long octets)
    {
        octets = 0;
        if (!TrySplit(text, out var number, out var unit) || !SizeOctets.TryGetValue(unit, out var factor)) return false;
        var total = number * factor;
        if (total >= long.MaxValue) return false;
        octets = (long)total;
        return true;
    }

    /// <summary>on, off, true, false, yes, no.</summary>
    public static bool TrySwitch(string text, out bool on)
    {
        on = text is "on" or "true" or "yes";
        return on || text is "off" or "false" or "no";
    }

    /// <summary>"127.0.0.1:2525", "[::1]:2525"; the port may be left out when there is a default.</summary>
    public static bool TryEndpoint(string text, int defaultPort, out IPEndPoint endpoint)
    {
        endpoint = new IPEndPoint(IPAddress.Loopback, 0);
        // IPEndPoint.TryParse takes "5" and "1.2" for addresses; here an address is written in full.
        var host = text.StartsWith('[') ? text[1..Math.Max(1, text.IndexOf(']'))]
            : text.Count(c => c == ':') == 1 ? text[..text.IndexOf(':')] : text;
        if (!TryAddress(host, out _) || !IPEndPoint.TryParse(text, out var parsed)) return false;
        var hasPort = text.StartsWith('[') ? text.Contains("]:", StringComparison.Ordinal) : text.Count(c => c == ':') == 1;
        if (!hasPort) parsed.Port = defaultPort;
        if (parsed.Port == 0) return false;
        endpoint = parsed;
        return true;
    }

    /// <summary>An IPv4 address of four numbers or an IPv6 address.</summary>
    public static bool TryAddress(string text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!text.Contains(':') && text.Count(c => c == '.') != 3) return false;
        if (!IPAddress.TryParse(text, out var parsed)) return false;
        address = parsed;
        return true;
    }

    /// <summary>"10.0.0.0/8", "2001:db8::/32", or one address.</summary>
    /// <param name="hint">What is wrong with it and can be mended, or null.</param>
    public static bool TryNetwork(string text, out IPNetwork network, out string? hint)
    {
        (network, hint) = (default, null);
        var slash = text.IndexOf('/');
        if (!TryAddress(slash < 0 ? text : text[..slash], out var address)) return false;
        var bits = address.GetAddressBytes().Length * 8;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
            || prefix > bits)) return false;
        var octets = address.GetAddressBytes();
        for (var i = prefix; i < bits; i++) octets[i / 8] &= (byte)~(0x80 >> (i % 8));
        var first = new IPAddress(octets);
        if (!first.Equals(address))
        {
            hint = $"has bits behind /{prefix}; write {first}/{prefix}";
            return false;
        }
        network = new IPNetwork(address, prefix);
        return true;
    }

    private static bool TrySplit(string text, out double number, out string unit)
    {
        text = text.Trim();
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
        unit = text[digits..].Trim();
        return double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }
}
