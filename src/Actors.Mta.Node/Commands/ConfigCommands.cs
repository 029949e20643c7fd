using System.CommandLine;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.Engine.Settings;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta config check|print|explain|reference|metrics`.</summary>
internal static class ConfigCommands
{
    public static Command Create() => new("config", "Check, show and explain the configuration")
    {
        Check(), Print(), Explain(), Reference(), Metrics(),
    };

    private static Command Check()
    {
        var command = new Command("check", "Read the configuration and the files that it names, and tell every mistake in them");
        var options = new ConfigOptions(command);
        command.SetAction(arguments =>
        {
            var configuration = options.Load(arguments);
            Terminal.Problems(configuration.Problems);
            if (!configuration.IsValid)
            {
                Terminal.Failure($"{configuration.Problems.Count(p => p.Fatal)} mistakes; the node would not start");
                return ExitCode.Configuration;
            }
            var problems = FilesCheck.Run(configuration.Settings!).ToList();
            foreach (var problem in problems.Where(p => !p.Fatal)) Terminal.Failure(problem.Text);
            foreach (var problem in problems.Where(p => p.Fatal)) Terminal.Failure(problem.Text);
            if (problems.Exists(p => p.Fatal)) return ExitCode.Configuration;
            Terminal.Out.MarkupLine($"[green]ok[/]: {Terminal.Safe(options.Describe(arguments))}");
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Metrics()
    {
        var markdown = new Option<bool>("--markdown") { Description = "As docs/metrics.md has them" };
        var command = new Command("metrics", "List what /metrics tells Prometheus") { markdown };
        command.SetAction(arguments =>
        {
            if (arguments.GetValue(markdown)) Console.Out.Write(MetricsReference.Markdown());
            else
                foreach (var entry in MetricsReference.All()) Terminal.Out.MarkupLine($"[bold]{Terminal.Safe(entry.Name)}[/] [grey]{entry.Kind}[/]  {Terminal.Safe(entry.Text)}");
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Print()
    {
        var changed = new Option<bool>("--changed") { Description = "Only what is not a default" };
        var command = new Command("print", "Show every setting and where its value comes from") { changed };
        var options = new ConfigOptions(command);
        command.SetAction(arguments =>
        {
            var valid = options.TryLoad(arguments, out var configuration);
            Console.Out.Write(ConfigPrint.Print(configuration, arguments.GetValue(changed)));
            return valid ? ExitCode.Success : ExitCode.Configuration;
        });
        return command;
    }

    private static Command Explain()
    {
        var key = new Argument<string>("KEY") { Description = "A key or section, such as mta.retry.expire-after" };
        var command = new Command("explain", "Tell what a key means, its default and its value now") { key };
        var options = new ConfigOptions(command);
        command.SetAction(arguments =>
        {
            var valid = options.TryLoad(arguments, out var configuration);
            return Explain(configuration, arguments.GetRequiredValue(key)) is var code && code == ExitCode.Success && !valid
                ? ExitCode.Configuration : code;
        });
        return command;
    }

    private static int Explain(MtaConfiguration configuration, string name)
    {
        if (!KeyPath.TryParse(name, out var path))
        {
            Terminal.Failure($"\"{name}\" is no key");
            return ExitCode.Usage;
        }
        if (path[0] != "mta") path = path.Insert(0, "mta");
        if (ConfigExplain.Explain(configuration, path) is not { } about)
        {
            var nearest = SettingsSchema.Instance.Nearest(path);
            Terminal.Failure($"there is no key {KeyPath.Join(path)}" + (nearest is null ? "" : $"; did you mean {nearest}?"));
            return ExitCode.Usage;
        }
        var console = Terminal.Out;
        console.MarkupLine($"[bold]{Terminal.Safe(about.Name)}[/]");
        foreach (var line in about.Comment.Split('\n')) console.MarkupLine($"  {Terminal.Safe(line)}");
        if (about.Values is not null)
        {
            console.MarkupLine($"Takes    {Terminal.Safe(about.Values)}");
            console.MarkupLine($"Default  {Terminal.Safe(about.Default)}");
            console.MarkupLine($"Now      [green]{Terminal.Safe(about.Effective)}[/]{(about.Source is null ? "" : $"  ({Terminal.Safe(about.Source)})")}");
        }
        foreach (var key in about.Keys) console.MarkupLine($"  {Terminal.Safe(key)}");
        return ExitCode.Success;
    }

    private static Command Reference()
    {
        var markdown = new Option<bool>("--markdown") { Description = "As docs/configuration.md" };
        var command = new Command("reference", "Print every key with its default and comment") { markdown };
        command.SetAction(arguments =>
        {
            Console.Out.Write(arguments.GetValue(markdown) ? ReferenceMarkdown.Write() : EmbeddedConfig.ReferenceText);
            return ExitCode.Success;
        });
        return command;
    }
}
