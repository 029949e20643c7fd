using System.Diagnostics.Metrics;

namespace Actors.Mta.Engine.Authentication;

/// <summary>The instruments of authentication. Labels are mechanisms that listeners offer, and outcomes: never a user or client.</summary>
internal static class AuthMeter
{
    private static readonly Meter Meter = new("Actors.Mta");

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(
        "mta.auth.attempts", "{attempt}", "SASL exchanges that came to an end, by mechanism and outcome");

    private static readonly Counter<long> Checks = Meter.CreateCounter<long>(
        "mta.auth.checks", "{check}", "Password checks by result: hashed, remembered, or refused because too many were waiting");

    public static void Attempted(string mechanism, AuthOutcome outcome) => Attempts.Add(
        1, new KeyValuePair<string, object?>("mechanism", mechanism), new KeyValuePair<string, object?>("outcome", Name(outcome)));

    public static void Checked(string result) => Checks.Add(1, new KeyValuePair<string, object?>("result", result));

    private static string Name(AuthOutcome outcome) => outcome switch
    {
        AuthOutcome.Succeeded => "succeeded",
        AuthOutcome.Wrong => "wrong",
        AuthOutcome.Malformed => "malformed",
        AuthOutcome.NotPossible => "not-possible",
        AuthOutcome.Blocked => "blocked",
        _ => "unavailable",
    };
}

/// <summary>How a SASL exchange ended.</summary>
internal enum AuthOutcome
{
    Succeeded,
    Wrong,
    Malformed,
    /// <summary>The user has no credential that the mechanism could use.</summary>
    NotPossible,
    Blocked,
    /// <summary>The store, or a thread for the hash, was not to be had.</summary>
    Unavailable,
}
