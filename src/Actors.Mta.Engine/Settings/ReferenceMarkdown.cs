using System.Text;
using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>Writes docs/configuration.md out of hocon/reference.conf: a heading per section, a paragraph per key.</summary>
public static class ReferenceMarkdown
{
    public static string Write()
    {
        var text = new StringBuilder();
        text.Append("""
            # Configuration

            <!-- Written by `mta config reference --markdown` from hocon/reference.conf; do not edit. -->

            Settings are HOCON. They come from these places, each stronger than the one before:

            1. the defaults below, built into the program,
            2. `--preset development`, `throughput` or `production`,
            3. `--config FILE`, as often as you like, in order; a file may `include "other.conf"` beside it,
            4. environment variables: `MTA__QUEUE__PARTITIONS=16` is `mta.queue.partitions`; case does not matter, `_` stands for `-`,
            5. `--set mta.queue.partitions=16`.

            `mta config check` finds every mistake at once, `mta config print` shows each value and where it comes from,
            `mta config explain KEY` tells about one key. An unknown or mistyped key refuses to start.
            `+=` adds to a list, `${NAME}` stands for another key or an environment variable.
            A section `akka { … }` is handed to the actor system as it is.

            Durations need a unit (`ms`, `s`, `m`, `h`, `d`, `w`). Of sizes, `k`, `M`, `G` and `KiB`, `MiB`, `GiB` are powers of two,
            `kB`, `MB`, `GB` of ten. Rates are written `100/min`, `5/s`. Names that hold dots need quotes:
            `mta.domains."example.test".route`.

            """);
        Section(EmbeddedConfig.Reference.Root, [], text.Append('\n'));
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void Section(ConfigObject section, IReadOnlyList<string> path, StringBuilder text)
    {
        var keys = section.Children.Where(c => c.Value is not ConfigObject { Children.Count: > 0 }).ToList();
        if (path.Count > 0 && (keys.Count > 0 || CommentOf(path) is not null))
        {
            text.Append("## ").Append(KeyPath.Join(path)).Append("\n\n");
            if (CommentOf(path) is { } about) text.Append(Paragraph(about)).Append("\n\n");
        }
        foreach (var (key, node) in keys)
        {
            string[] whole = [.. path, key];
            text.Append("**`").Append(KeyPath.Join(whole)).Append("`** = `").Append(ConfigPrint.Show(key, node)).Append('`');
            if (SettingsSchema.Instance.Find(whole) is { } known) text.Append("  \nTakes ").Append(known.Values).Append(".  ");
            text.Append('\n').Append(Paragraph(CommentOf(whole) ?? "")).Append("\n\n");
        }
        foreach (var (key, node) in section.Children)
            if (node is ConfigObject { Children.Count: > 0 } child) Section(child, [.. path, key], text);
    }

    private static string? CommentOf(IReadOnlyList<string> path) =>
        EmbeddedConfig.Reference.Comments.GetValueOrDefault(KeyPath.Join(path));

    /// <summary>Indented lines of a comment are an example.</summary>
    private static string Paragraph(string comment)
    {
        var text = new StringBuilder();
        var inExample = false;
        foreach (var line in comment.Split('\n'))
        {
            var isExample = line.StartsWith("  ", StringComparison.Ordinal);
            if (isExample != inExample) text.Append(isExample ? "\n```hocon\n" : "```\n");
            inExample = isExample;
            text.Append(isExample ? line[2..] : line.Replace("<", "\\<")).Append('\n');
        }
        if (inExample) text.Append("```\n");
        return text.ToString().TrimEnd('\n');
    }
}
