using System.Diagnostics.CodeAnalysis;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// A password as configuration has it: itself, or the place where it is. "file:/path" is the first line of a file, read anew for
/// each connection, so that it can be changed; "env:NAME" is an environment variable.
/// </summary>
public static class Secret
{
    private const string FilePrefix = "file:";
    private const string EnvironmentPrefix = "env:";

    /// <param name="problem">Why there is none, without the secret.</param>
    public static bool TryRead(string text, [NotNullWhen(true)] out string? secret, [NotNullWhen(false)] out string? problem)
    {
        (secret, problem) = (text, null);
        if (text.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
        {
            var name = text[EnvironmentPrefix.Length..];
            secret = Environment.GetEnvironmentVariable(name);
            problem = $"the environment variable {name} is not set";
        }
        else if (text.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            (secret, problem) = ReadFile(text[FilePrefix.Length..]);
        }
        if (string.IsNullOrEmpty(secret)) secret = null;
        problem = secret is null ? problem ?? "it is empty" : null;
        return secret is not null;
    }

    private static (string? Secret, string? Problem) ReadFile(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return (reader.ReadLine(), $"the file {path} begins with an empty line");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, $"the file {path} cannot be read: {e.Message}");
        }
    }
}
