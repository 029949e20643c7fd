using System.Collections.Immutable;

namespace Actors.Mta.Core.Configuration;

/// <summary>What kind of text a key takes.</summary>
public enum ValueKind { Text, Whole, Fraction, Duration, Durations, Size, Rate, Switch, Choice, Address, Endpoints, Networks, Texts }

/// <summary>One key that a reader asks for.</summary>
/// <param name="Path">"*" stands for a name chosen by the user: mta, domains, *, route.</param>
/// <param name="Values">The values it takes, for people.</param>
/// <param name="InheritsFrom">The key that is asked when this one is not set, or null.</param>
public sealed record SettingKey(ImmutableArray<string> Path, ValueKind Kind, string Values, ImmutableArray<string>? InheritsFrom)
{
    /// <summary>mta.domains.*.route</summary>
    public string Name => KeyPath.Join(Path);
}
