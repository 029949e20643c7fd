using System.Text;

namespace Actors.Mta.Core.Tests.Delivery;

public class ClientTranscriptTests
{
    public static TheoryData<string> Transcripts =>
        [.. Directory.GetFiles(GoldenFiles.Directory("dialogue", "client"), "*.txt").Select(f => Path.GetFileName(f)!).Order()];

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void Says_and_concludes_what_the_transcript_shows(string name)
    {
        var path = GoldenFiles.Directory("dialogue", "client", name);
        var replayed = ClientTranscript.Replay(File.ReadAllText(path));

        Assert.DoesNotContain("(never asked for)", replayed);
        GoldenFiles.AssertEqual(path, Encoding.UTF8.GetBytes(replayed));
    }
}
