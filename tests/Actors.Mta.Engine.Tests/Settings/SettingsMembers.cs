using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Engine.Tests.Settings;

/// <summary>A settings record as a list of its leaf members and their values, so that two can be compared member by member.</summary>
internal static class SettingsMembers
{
    public static SortedDictionary<string, string> Flatten(object record)
    {
        var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(record, "", members);
        return members;
    }

    /// <summary>The members that differ, with "*" for the keys of maps and the places in lists.</summary>
    public static ImmutableHashSet<string> Differences(object a, object b)
    {
        var (x, y) = (Flatten(a), Flatten(b));
        return [.. x.Keys.Union(y.Keys).Where(k => x.GetValueOrDefault(k) != y.GetValueOrDefault(k)).Select(Generalise)];
    }

    public static string Generalise(string member) => System.Text.RegularExpressions.Regex.Replace(member, @"\[[^\]]*\]", "[*]");

    private static void Add(object? value, string path, SortedDictionary<string, string> members)
    {
        switch (value)
        {
            case Route or Rate or null or string:
                members[path] = value?.ToString() ?? "(null)";
                break;
            case not IEnumerable when IsOurs(value.GetType()):
                foreach (var property in Properties(value.GetType()))
                    Add(property.GetValue(value), path.Length == 0 ? property.Name : $"{path}.{property.Name}", members);
                break;
            case IDictionary map:
                foreach (DictionaryEntry entry in map) Add(entry.Value, $"{path}[{entry.Key}]", members);
                break;
            case IEnumerable list when list.Cast<object>().Any(i => IsOurs(i.GetType())):
                foreach (var (item, index) in list.Cast<object>().Select((i, n) => (i, n))) Add(item, $"{path}[{index}]", members);
                break;
            case IEnumerable list:
                members[path] = string.Join(", ", list.Cast<object>().Select(Text).Order(StringComparer.Ordinal));
                break;
            default:
                members[path] = Text(value);
                break;
        }
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static bool IsOurs(Type type) =>
        type is { IsClass: true, Namespace: { } name } && name.StartsWith("Actors.Mta.", StringComparison.Ordinal);

    /// <summary>What can be set; computed properties follow from it.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.GetIndexParameters().Length == 0);
}
