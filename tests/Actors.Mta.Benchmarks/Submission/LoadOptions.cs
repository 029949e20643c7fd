using System.Globalization;
using System.Net;

namespace Actors.Mta.Benchmarks.Submission;

/// <summary>What the load source of submissions is told on its command line; see <see cref="Usage"/>.</summary>
public sealed record LoadOptions
{
    public const string Usage =
        "submission --target HOST:PORT --user NAME --password WORD [--sessions 20] [--messages 5000] [--per-connection 1] " +
        "[--size 4096] [--from ADDRESS] [--to ADDRESS] [--implicit]";

    /// <summary>A numeric address.</summary>
    public required IPEndPoint Target { get; init; }

    public required string User { get; init; }

    public required string Password { get; init; }

    /// <summary>Connections at a time, each of which waits for its reply before it sends the next message.</summary>
    public int Sessions { get; init; } = 20;

    public int Messages { get; init; } = 5000;

    /// <summary>Messages on one connection, after one handshake and one login.</summary>
    public int PerConnection { get; init; } = 1;

    /// <summary>Octets of a message.</summary>
    public int Size { get; init; } = 4096;

    public string From { get; init; } = "";

    public string To { get; init; } = "bob@example.test";

    /// <summary>TLS from the start instead of STARTTLS.</summary>
    public bool Implicit { get; init; }

    /// <exception cref="FormatException">Something is missing or not understood.</exception>
    public static LoadOptions Parse(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--implicit") values[arguments[i]] = "yes";
            else if (arguments[i].StartsWith("--", StringComparison.Ordinal) && i + 1 < arguments.Count) values[arguments[i]] = arguments[++i];
            else throw new FormatException($"{arguments[i]} is not understood");
        }
        string? Text(string name) => values.Remove(name, out var value) ? value : null;
        int Number(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        string Needed(string name) => Text(name) ?? throw new FormatException($"{name} is missing");
        var user = Needed("--user");
        var options = new LoadOptions
        {
            Target = IPEndPoint.Parse(Needed("--target")),
            User = user,
            Password = Needed("--password"),
            Sessions = Number("--sessions", 20),
            Messages = Number("--messages", 5000),
            PerConnection = Number("--per-connection", 1),
            Size = Number("--size", 4096),
            From = Text("--from") ?? user,
            To = Text("--to") ?? "bob@example.test",
            Implicit = Text("--implicit") is not null,
        };
        return values.Count == 0 ? options : throw new FormatException($"{values.Keys.First()} is not understood");
    }
}
