using Actors.Mta.Core.Configuration;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Engine.Tests.Settings;

public sealed class ReferenceTests
{
    [Fact]
    public void Every_key_has_a_comment_of_its_own()
    {
        var bare = Leaves(EmbeddedConfig.Reference.Root, []).Where(k => !EmbeddedConfig.Reference.Comments.ContainsKey(k));
        Assert.Empty(bare);
    }

    [Fact]
    public void Every_key_can_be_explained()
    {
        var configuration = Chain.Of();
        foreach (var key in SettingsSchema.Instance.Keys)
        {
            var about = ConfigExplain.Explain(configuration, key.Path);
            Assert.NotNull(about);
            Assert.True(about.Comment.Length > 10, $"{key.Name}: {about.Comment}");
        }
    }

    [Fact]
    public void Explains_an_entry_of_a_map_by_the_key_from_which_it_inherits()
    {
        var configuration = Chain.OfText("mta.delivery.site.connections = 7");
        var about = ConfigExplain.Explain(configuration, ["mta", "delivery", "sites", ".mx.example.test", "connections"]);
        Assert.Equal(("20", "7", "mta.conf:1"), (about!.Default, about.Effective, about.Source));
        Assert.Equal("Connections at a time.", about.Comment);
        Assert.Null(ConfigExplain.Explain(configuration, ["mta", "nothing"]));
    }

    [Fact]
    public void The_configuration_page_is_current() => Assert.True(
        File.ReadAllText(RepositoryRoot.File("docs", "configuration.md")) == ReferenceMarkdown.Write(),
        "docs/configuration.md is not what hocon/reference.conf says; run: mta config reference --markdown > docs/configuration.md");

    [Fact]
    public void The_example_of_a_configuration_is_good()
    {
        var text = File.ReadAllText(RepositoryRoot.File("config", "mta.conf"));
        var configuration = Chain.OfText(text);
        Assert.Empty(configuration.Problems);
        Assert.Equal("mx1.example.test", configuration.Good().Hostname);
    }

    [Fact]
    public void Prints_a_tree_with_sources_that_can_be_loaded_again()
    {
        var first = Chain.OfText("mta { hostname = mx1.example.test, domains { \"*\" { route = \"[192.0.2.1]\" } } }");
        var printed = ConfigPrint.Print(first, changedOnly: false);
        Assert.Matches("hostname = mx1.example.test +# mta.conf:1\n", printed);
        Assert.Matches("partitions = 1 +# default\n", printed);
        Assert.Equal(SettingsMembers.Flatten(first.Good()), SettingsMembers.Flatten(Chain.OfText(printed).Good()));
    }

    [Fact]
    public void Prints_only_what_was_changed_when_asked()
    {
        var printed = ConfigPrint.Print(Chain.OfSets("mta.queue.partitions=4"), changedOnly: true);
        Assert.Equal(["mta {", "queue {", "partitions = 4", "}", "}"],
            printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('#')[0].Trim()));
    }

    [Fact]
    public void Never_prints_a_password()
    {
        var configuration = Chain.OfSets("mta.journal.connection-string=\"Host=db.test; Password=ses;Pwd=ame\"");
        var printed = ConfigPrint.Print(configuration, changedOnly: false);
        Assert.Contains("Host=db.test; Password=***;Pwd=***", printed);
        Assert.DoesNotContain("ses;", printed);
    }

    [Fact]
    public void Prints_where_the_password_of_a_route_is_but_not_what_it_is()
    {
        var configuration = Chain.OfText("""
            mta.domains {
              "a.test" { route = "[a.test]:587", user = alice, password = "open sesame" }
              "b.test" { route = "[b.test]:587", user = bob, password = "file:/etc/mta/password" }
            }
            """);
        var printed = ConfigPrint.Print(configuration, changedOnly: false);
        Assert.DoesNotContain("sesame", printed);
        Assert.Contains("password = \"***\"", printed);
        Assert.Contains("password = \"file:/etc/mta/password\"", printed);
        var about = ConfigExplain.Explain(configuration, ["mta", "domains", "a.test", "password"]);
        Assert.Equal("\"***\"", about!.Effective);
    }

    private static IEnumerable<string> Leaves(ConfigObject node, IEnumerable<string> path) => node.Children.SelectMany(c =>
        c.Value is ConfigObject { Children.Count: > 0 } o ? Leaves(o, path.Append(c.Key)) : [KeyPath.Join(path.Append(c.Key))]);
}
