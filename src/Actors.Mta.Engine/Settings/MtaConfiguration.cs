using System.Collections.Immutable;
using System.Text;
using Actors.Mta.Core.Configuration;
using Akka.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>What came out of the configuration chain.</summary>
/// <param name="Root">The merged tree: every value with its source.</param>
/// <param name="Settings">Null when a problem is fatal.</param>
/// <param name="Problems">All of them, in the order of the layers.</param>
public sealed record MtaConfiguration(ConfigObject Root, MtaSettings? Settings, ImmutableArray<ConfigProblem> Problems)
{
    public bool IsValid => Settings is not null;

    /// <summary>For the actor system: the akka section of the user's files over the program's own akka settings.</summary>
    /// <param name="defaults">HOCON, such as "akka.loglevel = INFO".</param>
    public Config Akka(string defaults)
    {
        var weaker = ConfigurationFactory.ParseString(defaults);
        return Root.Find(["akka"]) is ConfigObject akka
            ? ConfigurationFactory.ParseString("akka " + Write(akka, new StringBuilder())).WithFallback(weaker)
            : weaker;
    }

    /// <summary>Written so that Akka's parser reads it: every value in quotes, one key per line, no commas behind braces.</summary>
    private static StringBuilder Write(ConfigNode node, StringBuilder text)
    {
        switch (node)
        {
            case ConfigObject o:
                text.Append("{\n");
                foreach (var (key, child) in o.Children)
                {
                    text.Append('"').Append(key).Append("\" ").Append(child is ConfigObject ? "" : "= ");
                    Write(child, text).Append('\n');
                }
                return text.Append('}');
            case ConfigList list:
                text.Append('[');
                for (var i = 0; i < list.Items.Length; i++) Write(list.Items[i], i == 0 ? text : text.Append(", "));
                return text.Append(']');
            default:
                var value = (ConfigValue)node;
                return value.IsNull ? text.Append("null")
                    : text.Append('"').Append(value.Text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
        }
    }
}
