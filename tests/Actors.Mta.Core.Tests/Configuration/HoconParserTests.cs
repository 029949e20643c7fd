using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Core.Tests.Configuration;

public sealed class HoconParserTests
{
    [Theory]
    [InlineData("a = 1", "a=1")]
    [InlineData("a : 1", "a=1")]
    [InlineData("a.b.c = 1", "a.b.c=1")]
    [InlineData("a { b = 1, c = 2 }", "a.b=1 a.c=2")]
    [InlineData("a = { b = 1 }", "a.b=1")]
    [InlineData("{ a = 1 }", "a=1")]
    [InlineData("a { b { c = 1 }, d = 2 }", "a.b.c=1 a.d=2")]
    [InlineData("a { b = 1 }\na { c = 2 }", "a.b=1 a.c=2")]
    [InlineData("\"x.test\" { \".y\" = 1 }", "\"x.test\".\".y\"=1")]
    [InlineData("a = two words  # comment", "a=two words")]
    [InlineData("a = http://127.0.0.1:80/x // comment", "a=http://127.0.0.1:80/x")]
    [InlineData("a = \"quoted # , } text\"", "a=quoted # , } text")]
    [InlineData("a = \"tab\\tquote\\\"back\\\\u\\u00e9\"", "a=tab\tquote\"back\\ué")]
    [InlineData("a = \"\"\"raw \"quotes\" \\n\"\"\"", "a=raw \"quotes\" \\n")]
    [InlineData("a = \"5\" min", "a=5 min")]
    [InlineData("a = [1, 2,\n 3\n 4]", "a=[1,2,3,4]")]
    [InlineData("a = []", "a=[]")]
    [InlineData("a = [\n  # one\n  1, # first\n]", "a=[1]")]
    [InlineData("a = [1]\na += 2\na += [3]", "a=[1,2,3]")]
    [InlineData("a += 1", "a=[1]")]
    [InlineData("\uFEFFa = 1\r\nb = 2\r\n", "a=1 b=2")]
    [InlineData("a = 127.0.0.1:2525", "a=127.0.0.1:2525")]
    [InlineData("", "")]
    public void Reads(string text, string expected)
    {
        var document = Parse(text);
        Assert.Empty(document.Problems.Where(p => p.Fatal));
        Assert.Equal(expected, string.Join(' ', Flatten(document.Root, [])));
    }

    [Theory]
    [InlineData("a = 1\nb {\n c = 1\n", "f.conf:2: this brace is never closed")]
    [InlineData("a = 1\n}", "f.conf:2: this brace closes nothing")]
    [InlineData("a =\n\n= 2", "'=' inside a value")]
    [InlineData("a = \"open\nb = 1", "f.conf:1: this string has no closing quote")]
    [InlineData("a = \"\"\"open\nb = 1", "f.conf:1: this string has no closing \"\"\"")]
    [InlineData("a = [1, 2\nb = 3", "'=' inside a value")]
    [InlineData("a = [1, 2", "f.conf:1: this bracket is never closed")]
    [InlineData("a\nb = 1", "'=' or '{' is missing behind a")]
    [InlineData("a = { b = 1 } c", "'c' is not expected here")]
    [InlineData("a = [::1]:2525", "':' is not expected here")]
    [InlineData("a = x=y", "'=' inside a value; put the value in quotes")]
    [InlineData(".a = 1", "a key is expected, not '.'")]
    [InlineData("a. = 1", "a key is expected, not '='")]
    [InlineData("a = ,", "a has no value")]
    [InlineData("a = \"\\q\"", "\\q is no escape")]
    [InlineData("a = ${x", "'}' is missing")]
    [InlineData("include url(\"http://x\")", "include takes a file name in quotes")]
    [InlineData("include \"x.conf\"", "include is possible in files only")]
    public void Says_what_is_wrong_and_where(string text, string expected)
    {
        var problem = Assert.Single(Parse(text).Problems);
        Assert.True(problem.Fatal);
        Assert.Contains(expected, problem.ToString());
    }

    [Fact]
    public void Knows_the_line_of_every_value()
    {
        var root = Parse("# a comment\na {\n  b = 1\n\n  c = [\n    2\n  ]\n}\n").Root;
        Assert.Equal("f.conf:3", root.Find(["a", "b"])!.Source.ToString());
        Assert.Equal("f.conf:5", root.Find(["a", "c"])!.Source.ToString());
        Assert.Equal("f.conf:6", ((ConfigList)root.Find(["a", "c"])!).Items[0].Source.ToString());
    }

    [Fact]
    public void Keeps_the_comment_block_directly_above_a_key()
    {
        var comments = Parse("# of nothing\n\n# one\n# two\na {\n  b = 1 # behind b\n  # of c\n  c = 1\n}").Comments;
        Assert.Equal("one\ntwo", comments["a"]);
        Assert.Equal("of c", comments["a.c"]);
        Assert.Equal(2, comments.Count);
    }

    [Fact]
    public void A_key_set_twice_in_one_file_is_a_warning_and_the_last_counts()
    {
        var document = Parse("a = 1\na = 2");
        var problem = Assert.Single(document.Problems);
        Assert.False(problem.Fatal);
        Assert.Contains("a was set before, in line 1", problem.ToString());
        Assert.Equal("2", ((ConfigValue)document.Root.Find(["a"])!).Text);
    }

    [Fact]
    public void A_very_deep_file_is_refused_and_does_not_end_the_process()
    {
        Assert.Contains("nested too deeply", Assert.Single(Parse("a = " + new string('[', 100_000)).Problems).Message);
        Assert.Contains("nested too deeply", Assert.Single(Parse(string.Concat(Enumerable.Repeat("a {", 100_000))).Problems).Message);
    }

    private static HoconDocument Parse(string text) => HoconParser.Parse(text, ConfigLayer.File, "f.conf");

    private static IEnumerable<string> Flatten(ConfigObject node, IEnumerable<string> path) => node.Children.SelectMany(c =>
        c.Value is ConfigObject o ? Flatten(o, path.Append(c.Key)) : [$"{KeyPath.Join(path.Append(c.Key))}={Text(c.Value)}"]);

    private static string Text(ConfigNode node) => node is ConfigList list
        ? $"[{string.Join(',', list.Items.Select(Text))}]" : ((ConfigValue)node).Text;
}
