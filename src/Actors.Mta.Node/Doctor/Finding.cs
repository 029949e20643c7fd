using System.Text.Json.Serialization;

namespace Actors.Mta.Node.Doctor;

/// <summary>What a check found.</summary>
/// <param name="Subject">What was looked at: "port 25".</param>
/// <param name="Fact">What is so.</param>
/// <param name="Advice">What to do about it; null when all is well.</param>
internal sealed record Finding(string Subject, Health Health, string Fact, string? Advice)
{
    public static Finding Good(string subject, string fact) => new(subject, Health.Good, fact, null);

    public static Finding Poor(string subject, string fact, string advice) => new(subject, Health.Poor, fact, advice);

    public static Finding Bad(string subject, string fact, string advice) => new(subject, Health.Bad, fact, advice);
}

/// <summary>Bad: mail does not work so. Poor: it works, but slower, or not with everybody.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Health>))]
internal enum Health { Good, Poor, Bad }
