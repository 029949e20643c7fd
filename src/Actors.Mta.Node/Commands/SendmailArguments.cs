using System.Collections.Immutable;

namespace Actors.Mta.Node.Commands;

/// <summary>
/// The command line of sendmail(8), as far as cron, PHP, git send-email and mail(1) need it: options of one letter whose value stands
/// behind them or in the next word, and words for recipients.
/// </summary>
internal sealed record SendmailArguments
{
    public ImmutableArray<string> Recipients { get; private init; } = [];
    /// <summary>-f, -r; null: who calls.</summary>
    public string? Sender { get; private init; }
    /// <summary>-F.</summary>
    public string? FullName { get; private init; }
    /// <summary>-t.</summary>
    public bool FromHeader { get; private init; }
    /// <summary>-i, -oi: a line with a dot alone does not end the message.</summary>
    public bool IgnoreDots { get; private init; }
    /// <summary>-N, as RFC 3461 writes it: "NEVER", "SUCCESS,FAILURE".</summary>
    public string? Notify { get; private init; }
    /// <summary>-R: "FULL", "HDRS".</summary>
    public string? Return { get; private init; }
    /// <summary>-V.</summary>
    public string? EnvelopeId { get; private init; }
    public string? Preset { get; private init; }
    public ImmutableArray<string> Configs { get; private init; } = [];
    public ImmutableArray<string> Sets { get; private init; } = [];

    /// <param name="problem">Null when the arguments are good.</param>
    public static SendmailArguments Parse(IReadOnlyList<string> words, out string? problem)
    {
        var arguments = new SendmailArguments();
        problem = null;
        for (var i = 0; i < words.Count && problem is null; i++)
        {
            var word = words[i];
            if (word == "--") return arguments with { Recipients = [.. arguments.Recipients, .. words.Skip(i + 1)] };
            if (word is not ['-', _, ..]) arguments = arguments with { Recipients = arguments.Recipients.Add(word) };
            else if (word.StartsWith("--", StringComparison.Ordinal)) arguments = arguments.WithLong(words, ref i, out problem);
            else arguments = arguments.WithShort(words, ref i, out problem);
        }
        return arguments;
    }

    private SendmailArguments WithShort(IReadOnlyList<string> words, ref int i, out string? problem)
    {
        problem = null;
        var word = words[i];
        switch (word[1])
        {
            case 't':
            case 'i':
                // Alone or together: -ti, -it.
                if (word[1..].All(c => c is 't' or 'i' or 'v'))
                    return this with { FromHeader = FromHeader || word.Contains('t'), IgnoreDots = IgnoreDots || word.Contains('i') };
                problem = $"unknown option {word}";
                return this;
            case 'f':
            case 'r':
                return this with { Sender = Value(words, ref i, out problem) };
            case 'F':
                return this with { FullName = Value(words, ref i, out problem) };
            case 'N':
                var notify = Value(words, ref i, out problem).ToUpperInvariant();
                if (notify != "NEVER" && !notify.Split(',').All(n => n is "SUCCESS" or "FAILURE" or "DELAY"))
                    problem ??= $"-N takes never, or success, failure and delay, not \"{notify}\"";
                return this with { Notify = notify };
            case 'R':
                var ret = Value(words, ref i, out problem).ToUpperInvariant();
                if (ret is not ("FULL" or "HDRS")) problem ??= $"-R takes full or hdrs, not \"{ret}\"";
                return this with { Return = ret };
            case 'V':
                return this with { EnvelopeId = Value(words, ref i, out problem) };
            case 'o' when word == "-oi" || word == "-oiTrue":
                return this with { IgnoreDots = true };
            case 'o' when word.Length == 2:
            case 'B' or 'h' or 'L' or 'X' or 'O' or 'p':
                // What others understand by them is of no consequence here; their value is passed over.
                if (word == "-o" && i + 1 < words.Count && words[i + 1] == "i") return this with { IgnoreDots = Value(words, ref i, out problem) == "i" };
                if (word.Length == 2) _ = Value(words, ref i, out problem);
                return this;
            case 'o' or 'v' or 'G' or 'n' or 'U' or 'm' or 'e':
                return this;
            case 'b' when word == "-bm":
                return this;
            case 'b':
                problem = word switch
                {
                    "-bs" => "-bs (SMTP on standard input) is not supported; connect to a listener of the node instead",
                    "-bp" => "-bp is not supported; see mta queue list",
                    _ => $"{word} is not supported",
                };
                return this;
            default:
                problem = word.StartsWith("-q", StringComparison.Ordinal)
                    ? $"{word} is not supported; the node runs its queue by itself, see mta queue flush" : $"unknown option {word}";
                return this;
        }
    }

    /// <summary>--config, --preset and --set as for all commands.</summary>
    private SendmailArguments WithLong(IReadOnlyList<string> words, ref int i, out string? problem)
    {
        problem = null;
        var word = words[i];
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        if (name is not ("--config" or "--preset" or "--set"))
        {
            problem = $"unknown option {name}";
            return this;
        }
        var value = equals >= 0 ? word[(equals + 1)..] : i + 1 < words.Count ? words[++i] : "";
        if (value.Length == 0) problem = $"{name} takes a value";
        return name switch
        {
            "--config" => this with { Configs = Configs.Add(value) },
            "--preset" => this with { Preset = value },
            _ => this with { Sets = Sets.Add(value) },
        };
    }

    private static string Value(IReadOnlyList<string> words, ref int i, out string? problem)
    {
        problem = null;
        if (words[i].Length > 2) return words[i][2..];
        if (i + 1 < words.Count) return words[++i];
        problem = $"{words[i]} takes a value";
        return "";
    }
}
