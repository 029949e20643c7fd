using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>What `mta completion bash` prints, in a bash.</summary>
public sealed class CommandLineIsCompleted
{
    [Theory]
    [InlineData("mta queue ho", "hold\nholds")]
    [InlineData("mta queue hold --camp", "--campaign")]
    [InlineData("mta completion z", "zsh")]
    public async Task With_what_may_come_next(string line, string expected)
    {
        var words = line.Split(' ');
        // As bash calls it when somebody presses the key.
        var script = $$"""
            mta() { dotnet {{SourceTree.Program("Actors.Mta.Node", "mta.dll")}} "$@"; }
            source <(mta completion bash)
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=({{line}}) COMP_CWORD={{words.Length - 1}}
            "$(complete -p mta | sed 's/.*-F \([^ ]*\).*/\1/')"
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        Assert.Equal(expected, (await Programs.RunAsync("bash", ["-c", script])).Succeeded().Output.Trim());
    }
}
