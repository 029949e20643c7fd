using System.Globalization;

namespace Actors.Mta.EndToEnd.Tests.LongProofs;

/// <summary>
/// Proofs that take minutes. They run only when a script of tests/long asks for them; the script names the file that gets
/// the result as a table.
/// </summary>
internal static class LongProof
{
    /// <summary>The trait by which ordinary runs leave these tests out.</summary>
    public const string Category = "Long";

    private const string ResultVariable = "MTA_LONG_RESULT";

    /// <summary>Skips the running test unless a script asked for it.</summary>
    public static void Require(string script) =>
        Skip.If(Environment.GetEnvironmentVariable(ResultVariable) is null, $"takes minutes: run tests/long/{script}");

    /// <summary>A size of the proof, which the environment may change.</summary>
    public static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Hands the table to the script.</summary>
    public static void Report(string table)
    {
        if (Environment.GetEnvironmentVariable(ResultVariable) is { } file) File.WriteAllText(file, table + "\n");
    }
}
