using Actors.Mta.Core.Configuration;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>Output for people: coloured on a terminal, plain and unwrapped in a pipe.</summary>
internal static class Terminal
{
    /// <summary>Wide enough that nothing wraps where programs read.</summary>
    private const int PipeWidth = 4096;

    public static IAnsiConsole Out { get; } = Create(Console.Out, Console.IsOutputRedirected);
    public static IAnsiConsole Error { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>Text that others chose, safe for markup and free of control characters that a terminal would obey.</summary>
    public static string Safe(string? text) => Markup.Escape(string.Concat((text ?? "").Select(c =>
        char.IsControl(c) ? $"\\x{(int)c:X2}" : c.ToString())));

    public static void Problems(IEnumerable<ConfigProblem> problems)
    {
        foreach (var problem in problems)
        {
            var colour = problem.Fatal ? "red" : "yellow";
            var source = problem.Source is null ? "" : $"[bold]{Safe(problem.Source.ToString())}[/]: ";
            Error.MarkupLine($"{source}[{colour}]{(problem.Fatal ? "error" : "warning")}[/]: {Safe(problem.Message)}");
        }
    }

    public static void Failure(string message) => Error.MarkupLine($"[red]mta:[/] {Safe(message)}");

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var plain = redirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (redirected) console.Profile.Width = PipeWidth;
        return console;
    }
}
