using System.Collections.Immutable;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Messages by what they wait for and by how long ago they were accepted.</summary>
internal sealed class QueueAges
{
    private static readonly ImmutableArray<(TimeSpan Below, string Label)> Limits =
    [
        (TimeSpan.FromMinutes(5), "5m"), (TimeSpan.FromMinutes(30), "30m"), (TimeSpan.FromHours(2), "2h"), (TimeSpan.FromHours(8), "8h"),
        (TimeSpan.FromDays(1), "1d"), (TimeSpan.MaxValue, "older"),
    ];

    private static readonly ImmutableArray<QueuePlace> Places = [.. Enum.GetValues<QueuePlace>()];

    private readonly int[,] _messages = new int[Places.Length, Limits.Length];

    public void Add(QueuePlace place, TimeSpan age)
    {
        var at = 0;
        while (age >= Limits[at].Below) at++;
        _messages[(int)place, at]++;
    }

    /// <summary>The sum of several, with labels as metrics have them: age is the first limit that a message is below.</summary>
    public static IEnumerable<(string State, string Age, int Messages)> Sum(IReadOnlyCollection<QueueAges> all)
    {
        for (var place = 0; place < Places.Length; place++)
            for (var age = 0; age < Limits.Length; age++)
                yield return (Places[place].ToString().ToLowerInvariant(), Limits[age].Label, all.Sum(a => a._messages[place, age]));
    }
}
