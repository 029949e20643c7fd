using System.Globalization;
using Actors.Mta.Core.Configuration;

namespace Actors.Mta.LoadGen.Messages;

/// <summary>The units in which distributions are written.</summary>
public static class Quantities
{
    /// <summary>"4k", "1MiB"; octets.</summary>
    public static bool Size(string text, out double value)
    {
        var good = Units.TrySize(text, out var octets);
        value = octets;
        return good;
    }

    /// <summary>"20ms", "5s"; seconds.</summary>
    public static bool Duration(string text, out double value)
    {
        var good = Units.TryDuration(text, out var duration);
        value = duration.TotalSeconds;
        return good;
    }

    /// <summary>A whole number from 1.</summary>
    public static bool Count(string text, out double value)
    {
        var good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0;
        value = count;
        return good;
    }
}
