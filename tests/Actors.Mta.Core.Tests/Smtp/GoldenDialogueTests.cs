using System.Globalization;
using System.Text;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>
/// Replays the transcripts of tests/golden/dialogue. A line "@ key value" sets the scene; "C: " is a line of the client (lines without
/// a reply between them come in one packet; \xNN, \r and \n are octets), "C~ " the same without CRLF behind it; "S: " is said
/// by the server, "Q: " is what it queued, "-- TLS" a handshake. UPDATE_GOLDEN=1 in the environment writes what was said into the files, for review.
/// </summary>
public sealed class GoldenDialogueTests
{
    private static readonly string Folder = Path.Combine(Root(), "tests", "golden", "dialogue");

    public static TheoryData<string> Transcripts => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(f => Path.GetFileName(f)!).Order()];

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void The_dialogue_goes_as_written(string name)
    {
        var path = Path.Combine(Folder, name);
        var expected = File.ReadAllText(path);
        var actual = Replay(expected);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(path, actual);
        else Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void It_goes_the_same_octet_by_octet(string name)
    {
        var expected = File.ReadAllText(Path.Combine(Folder, name));
        Assert.Equal(expected, Replay(expected, octetByOctet: true));
    }

    [Fact]
    public void Together_they_show_every_reply_code_that_a_client_may_meet()
    {
        string[] codes =
        [
            "220", "221", "235", "250", "334", "354", "421", "450", "451", "452", "454", "500", "501", "502", "503", "504",
            "530", "535", "538", "550", "551", "552", "553", "554", "555",
        ];
        var shown = Directory.EnumerateFiles(Folder, "*.txt").SelectMany(File.ReadLines)
            .Where(l => l.StartsWith("S: ", StringComparison.Ordinal)).Select(l => l[3..6]).ToHashSet();
        Assert.Empty(codes.Except(shown));
    }

    private static string Replay(string script, bool octetByOctet = false)
    {
        var scene = new DialogueScene();
        var actual = new StringBuilder();
        DialoguePump? pump = null;
        List<byte> packet = [];
        foreach (var line in script.Split('\n').SkipLast(1))
        {
            if (line.StartsWith("@ ", StringComparison.Ordinal)) scene.Set(line[2..]);
            else if (pump is null && line is ['S' or 'C', ..])
            {
                pump = new DialoguePump(scene);
                actual.Append(pump.Open());
            }
            if (line is ['C', ':' or '~', ' ', .. var text])
            {
                packet.AddRange(Octets(text));
                if (line[1] == ':') packet.AddRange("\r\n"u8);
                actual.Append(line).Append('\n');
                continue;
            }
            Deliver();
            if (line == "-- TLS") actual.Append(pump?.Handshake());
            if (line is not (['S' or 'Q', ':', ..] or "-- closed")) actual.Append(line).Append('\n');
        }
        Deliver();
        return actual.ToString();

        void Deliver()
        {
            foreach (var part in octetByOctet ? packet.Select(o => new[] { o }) : [[.. packet]]) actual.Append(pump?.Take(part));
            packet.Clear();
        }
    }

    private static byte[] Octets(string text)
    {
        List<byte> octets = [];
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i..])
            {
                case ['\\', 'x', var high, var low, ..] when char.IsAsciiHexDigit(high):
                    octets.Add(byte.Parse([high, low], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 3;
                    break;
                case ['\\', 'r' or 'n', ..]:
                    octets.Add(text[++i] == 'r' ? (byte)'\r' : (byte)'\n');
                    break;
                default:
                    octets.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
                    break;
            }
        }
        return [.. octets];
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Actors.Mta.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
