using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Core.Configuration;

/// <summary>
/// One object of the configuration as a reader sees it. Every question is noted as a key that exists; a missing or mistyped
/// value is noted as a problem and answered with some harmless value, so that one run finds all problems.
/// </summary>
public sealed class ConfigSection
{
    private readonly ReadNotes _notes;
    private readonly ImmutableArray<string> _pattern;
    private readonly ImmutableArray<string> _path;
    private readonly ConfigObject? _object;
    private readonly ConfigSection? _inherits;

    private ConfigSection(
        ReadNotes notes, ImmutableArray<string> pattern, ImmutableArray<string> path, ConfigObject? o, ConfigSection? inherits)
    {
        (_notes, _pattern, _path, _object, _inherits) = (notes, pattern, path, o, inherits);
    }

    public static ConfigSection Root(ReadNotes notes, ConfigObject root) => new(notes, [], [], root, null);

    /// <summary>The section's name: the last part of its path.</summary>
    public string Name => _path[^1];

    public ConfigSource? Source => _object?.Source;

    /// <param name="inherits">Asked for what is not set here.</param>
    public ConfigSection Section(string key, ConfigSection? inherits = null) => Enter(key, key, inherits);

    /// <summary>The entries of a map whose keys the user chooses; while keys are being listed, one entry named "*".</summary>
    public IEnumerable<ConfigSection> Entries(string key, Func<string, ConfigSection?>? inherits = null)
    {
        var map = Enter(key, key, null);
        _notes.Maps.Add(KeyPath.Join(map._pattern));
        IEnumerable<string> names = map._object?.Children.Where(c => c.Value is not ConfigValue { IsNull: true }).Select(c => c.Key) ?? [];
        if (_notes.ListingKeys) names = names.Append("*");
        return names.Select(name => map.Enter(name, "*", inherits?.Invoke(name)));
    }

    /// <summary>True when the key is set right here, not inherited.</summary>
    public bool Has(string key) => _object?.Find([key]) is not null;

    /// <summary>As <see cref="Has"/>, but false for null.</summary>
    public bool IsSet(string key) => _object?.Find([key]) is not (null or ConfigValue { IsNull: true });

    /// <summary>The text of a key that is set right here, for choosing what to inherit from; not noted as a question.</summary>
    public string? Peek(string key) => (_object?.Find([key]) as ConfigValue)?.Text;

    /// <summary>Notes a problem with a key, under the name and place where its value was set.</summary>
    public void Problem(string key, string message, bool fatal = true)
    {
        var owner = Owner(key);
        _notes.Add(owner.Find(key)?.Source ?? owner.Source, $"{KeyPath.Join(owner._path.Add(key))} {message}", fatal);
    }

    public void Problem(string message, bool fatal = true) => _notes.Add(Source, $"{KeyPath.Join(_path)} {message}", fatal);

    public string Text(string key, string values = "text") => Scalar(key, ValueKind.Text, values, (string t, out string v) =>
    {
        v = t;
        return true;
    }) ?? "";

    /// <summary>Null when the key is not set.</summary>
    public string? OptionalText(string key, string values)
    {
        Note(key, ValueKind.Text, values);
        return Find(key) is null ? null : Text(key, values);
    }

    public int Whole(string key, int minimum = 1, int maximum = int.MaxValue) =>
        Scalar(key, ValueKind.Whole, Range("a whole number", minimum, maximum), (string t, out int v) =>
            int.TryParse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out v) && v >= minimum && v <= maximum);

    public int Port(string key) => Whole(key, 1, ushort.MaxValue);

    /// <summary>A number from 0 up to, but not including, 1.</summary>
    public double Fraction(string key) => Scalar(key, ValueKind.Fraction, "a number from 0 to below 1", (string t, out double v) =>
        double.TryParse(t, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out v) && v < 1);

    public TimeSpan Duration(string key, TimeSpan? minimum = null) => Scalar<TimeSpan>(
        key, ValueKind.Duration, "a duration such as \"30s\", \"5m\", \"2h\", \"5d\"" + AtLeast(minimum), (string t, out TimeSpan v) =>
        Units.TryDuration(t, out v) && v >= (minimum ?? TimeSpan.Zero));

    /// <summary>A duration, or the given word for none (null).</summary>
    public TimeSpan? DurationOr(string key, string none) => Scalar(
        key, ValueKind.Duration, $"a duration such as \"4h\", or \"{none}\"", (string t, out TimeSpan? v) =>
        {
            var good = Units.TryDuration(t, out var duration);
            v = good ? duration : null;
            return good || t == none;
        });

    public long Size(string key, long minimum = 0, long maximum = long.MaxValue) => Scalar(
        key, ValueKind.Size, Range("a size such as \"64k\", \"50MiB\"", minimum, maximum), (string t, out long v) =>
            Units.TrySize(t, out v) && v >= minimum && v <= maximum);

    /// <summary>A rate, or null for "unlimited".</summary>
    public Rate? RateOrUnlimited(string key) => Scalar(
        key, ValueKind.Rate, "a rate such as \"100/min\", or \"unlimited\"", (string t, out Rate? v) =>
        {
            v = null;
            if (t == "unlimited") return true;
            if (!Rate.TryParse(t, out var rate) || rate.Count < 1) return false;
            v = rate;
            return true;
        });

    public bool Switch(string key) => Scalar<bool>(key, ValueKind.Switch, "on or off", Units.TrySwitch);

    /// <summary>One of a few words.</summary>
    public T Choice<T>(string key, params (string Word, T Value)[] choices) => Scalar(
        key, ValueKind.Choice, string.Join(", ", choices.Select(c => c.Word)), (string t, out T v) =>
        {
            var found = choices.Where(c => c.Word == t).ToArray();
            v = found.Length > 0 ? found[0].Value : choices[0].Value;
            return found.Length > 0;
        }) ?? choices[0].Value;

    /// <summary>One of a few words; null when the key is not set.</summary>
    public T? OptionalChoice<T>(string key, params (string Word, T Value)[] choices) where T : struct
    {
        Note(key, ValueKind.Choice, string.Join(", ", choices.Select(c => c.Word)));
        return Find(key) is null ? null : Choice(key, choices);
    }

    public IPAddress Address(string key) =>
        Scalar<IPAddress>(key, ValueKind.Address, "an IP address", Units.TryAddress) ?? IPAddress.Loopback;

    /// <summary>An address, or the empty text for none.</summary>
    public IPAddress? AddressOrNone(string key) => Scalar(
        key, ValueKind.Address, "an IP address, or \"\"", (string t, out IPAddress? v) =>
        {
            v = null;
            if (t.Length == 0) return true;
            if (!Units.TryAddress(t, out var address)) return false;
            v = address;
            return true;
        });

    public ImmutableArray<IPEndPoint> Endpoints(string key, int defaultPort) => List(
        key, ValueKind.Endpoints, "a list of addresses with or without port", (string t, out IPEndPoint v) =>
            Units.TryEndpoint(t, defaultPort, out v), "is no endpoint; write \"127.0.0.1:53\" or \"[::1]:53\"");

    public ImmutableArray<TimeSpan> Durations(string key, TimeSpan minimum) => List(
        key, ValueKind.Durations, "a list of durations" + AtLeast(minimum), (string t, out TimeSpan v) =>
            Units.TryDuration(t, out v) && v >= minimum, "is no duration; write \"30s\", \"5m\", \"2h\"" + AtLeast(minimum));

    public ImmutableArray<IPNetwork> Networks(string key)
    {
        // Null, not default: that is 0.0.0.0/0.
        var networks = List(key, ValueKind.Networks, "a list of networks (CIDR) or addresses", (string t, out IPNetwork? v) =>
        {
            var good = Units.TryNetwork(t, out var network, out var hint);
            if (hint is not null) Problem(key, $"{t} {hint}");
            v = good ? network : null;
            return good || hint is not null;
        }, "is no network; write \"10.0.0.0/8\" or \"2001:db8::/32\"");
        return [.. networks.OfType<IPNetwork>()];
    }

    public ImmutableArray<string> Texts(string key, string values) =>
        List(key, ValueKind.Texts, values, (string t, out string v) =>
        {
            v = t;
            return t.Length > 0;
        }, "is empty");

    private delegate bool Reader<T>(string text, out T value);

    private T? Scalar<T>(string key, ValueKind kind, string values, Reader<T> read)
    {
        Note(key, kind, values);
        switch (Find(key))
        {
            case ConfigValue value when read(value.Text, out var result):
                return result;
            case ConfigValue value:
                Problem(key, $"takes {values}, not \"{value.Text}\"");
                return default;
            case null:
                Problem(key, $"has no value; it takes {values}");
                return default;
            case ConfigNode node:
                Problem(key, $"takes {values}, not {(node is ConfigList ? "a list" : "a section { … }")}");
                return default;
        }
    }

    private ImmutableArray<T> List<T>(string key, ValueKind kind, string values, Reader<T> read, string complaint)
    {
        Note(key, kind, values);
        ImmutableArray<ConfigNode> items;
        switch (Find(key))
        {
            case ConfigList list:
                items = list.Items;
                break;
            // One value, or several with commas between them: what fits into an environment variable.
            case ConfigValue value:
                items = [.. value.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Select(t => new ConfigValue(value.Source, [new ValuePart(ValuePartKind.Quoted, t)]))];
                break;
            case null:
                Problem(key, $"has no value; it takes {values}");
                return [];
            default:
                Problem(key, $"takes {values}, not a section {{ … }}");
                return [];
        }
        var results = ImmutableArray.CreateBuilder<T>();
        foreach (var item in items)
        {
            if (item is ConfigValue v && read(v.Text, out var result)) results.Add(result);
            else if (item is ConfigValue bad) _notes.Add(bad.Source, $"{KeyPath.Join(Owner(key)._path.Add(key))}: \"{bad.Text}\" {complaint}", true);
            else _notes.Add(item.Source, $"{KeyPath.Join(Owner(key)._path.Add(key))} takes {values}, not a list of lists or sections", true);
        }
        return results.ToImmutable();
    }

    private void Note(string key, ValueKind kind, string values) =>
        _notes.Keys.TryAdd(KeyPath.Join(_pattern.Add(key)), new SettingKey(_pattern.Add(key), kind, values, _inherits?._pattern.Add(key)));

    private ConfigNode? Find(string key) => _object?.Find([key]) ?? _inherits?.Find(key);

    private ConfigSection Owner(string key) => Has(key) || _inherits is null ? this : _inherits.Owner(key);

    private ConfigSection Enter(string key, string patternKey, ConfigSection? inherits)
    {
        var path = _path.Add(key);
        var node = _object?.Find([key]);
        if (node is not (null or ConfigObject))
            _notes.Add(node.Source, $"{KeyPath.Join(path)} is a section; write {KeyPath.Quote(key)} {{ … }}", true);
        return new ConfigSection(_notes, _pattern.Add(patternKey), path, node as ConfigObject, inherits);
    }

    private static string Range(string what, long minimum, long maximum) =>
        maximum is int.MaxValue or long.MaxValue
            ? minimum == 0 ? what : $"{what}, at least {minimum}"
            : $"{what} from {minimum} to {maximum}";

    private static string AtLeast(TimeSpan? minimum) => minimum is { } m && m > TimeSpan.Zero
        ? m.TotalSeconds >= 1 ? $", at least {m.TotalSeconds:0.###}s" : $", at least {m.TotalMilliseconds:0}ms" : "";
}
