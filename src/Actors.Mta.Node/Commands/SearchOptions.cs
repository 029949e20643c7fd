using System.CommandLine;

namespace Actors.Mta.Node.Commands;

/// <summary>Options that say which queued messages are meant; the admin interface has parameters of the same names.</summary>
internal sealed class SearchOptions
{
    private readonly (string Name, Option<string?> Option)[] _all =
    [
        ("domain", new("--domain") { Description = "Only messages for this domain", HelpName = "DOMAIN" }),
        ("from", new("--from") { Description = "Only of this sender; * stands for anything, an empty text for notifications", HelpName = "ADDRESS" }),
        ("to", new("--to") { Description = "Only with this recipient; * stands for anything", HelpName = "ADDRESS" }),
        ("tenant", new("--tenant") { Description = "Only of this tenant; * stands for anything, an empty text for none", HelpName = "NAME" }),
        ("campaign", new("--campaign") { Description = "Only of this campaign; * stands for anything, an empty text for none", HelpName = "NAME" }),
        ("reply", new("--reply") { Description = "Only those whose last attempt was told this, or a part of it", HelpName = "TEXT" }),
        ("older", new("--older") { Description = "Only those that arrived longer ago, such as 2h", HelpName = "TIME" }),
    ];

    public SearchOptions(Command command)
    {
        foreach (var (_, option) in _all) command.Options.Add(option);
    }

    /// <summary>By the name of the parameter; null: not asked for.</summary>
    public IEnumerable<(string Name, string? Value)> Of(ParseResult arguments) => _all.Select(s => (s.Name, arguments.GetValue(s.Option)));
}
