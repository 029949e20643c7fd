using System.Text;
using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>
/// Writes the effective configuration as HOCON that could be loaded again, with the source of each value as a comment.
/// Passwords, those in connection strings too, are not shown.
/// </summary>
public static class ConfigPrint
{
    private const int SourceColumn = 60;

    /// <param name="changedOnly">True: only what differs in source from the embedded reference.</param>
    public static string Print(MtaConfiguration configuration, bool changedOnly)
    {
        var text = new StringBuilder();
        Write(configuration.Root, 0, changedOnly, text);
        return text.ToString();
    }

    /// <summary>A value as it is written in a file, with secrets masked.</summary>
    public static string Show(string key, ConfigNode? node) => node switch
    {
        null => "(not set)",
        ConfigList list => $"[{string.Join(", ", list.Items.Select(i => Show(key, i)))}]",
        ConfigObject o => o.Children.Count == 0 ? "{}" : "{ … }",
        ConfigValue { IsNull: true } => "null",
        ConfigValue value => Quote(WithoutSecrets(key, value.Text)),
        _ => "",
    };

    private static void Write(ConfigObject parent, int depth, bool changedOnly, StringBuilder text)
    {
        var indent = new string(' ', depth * 2);
        foreach (var (key, node) in parent.Children)
        {
            if (changedOnly && !IsChanged(node)) continue;
            if (node is ConfigObject { Children.Count: > 0 } section)
            {
                text.Append(indent).Append(KeyPath.Quote(key)).Append(" {\n");
                Write(section, depth + 1, changedOnly, text);
                text.Append(indent).Append("}\n");
            }
            else
            {
                var line = $"{indent}{KeyPath.Quote(key)}{(node is ConfigObject ? " " : " = ")}{Show(key, node)}";
                text.Append(line.PadRight(SourceColumn)).Append("  # ").Append(SourceOf(node)).Append('\n');
            }
        }
    }

    private static bool IsChanged(ConfigNode node) => node is ConfigObject section
        ? section.Children.Values.Any(IsChanged)
        : node.Source.Layer != ConfigLayer.Reference;

    private static string SourceOf(ConfigNode node) => node.Source.Layer == ConfigLayer.Reference ? "default" : node.Source.ToString();

    private static string Quote(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text
        : $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"";

    private static string WithoutSecrets(string key, string text) => key switch
    {
        "connection-string" => Mask(text),
        // Where a password is may be shown, what it is may not.
        "password" or "secret" => text.StartsWith("file:", StringComparison.Ordinal) || text.StartsWith("env:", StringComparison.Ordinal) ? text : "***",
        _ => text,
    };

    private static string Mask(string connectionString) => string.Join(';', connectionString.Split(';').Select(part =>
        part.Split('=') is [var name, _, ..] && name.Trim().ToLowerInvariant() is "password" or "pwd" or "passfile"
            ? $"{part[..part.IndexOf('=')]}=***" : part));
}
