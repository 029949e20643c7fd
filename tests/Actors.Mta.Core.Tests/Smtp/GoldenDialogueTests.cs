using System.Globalization;
using System.Net;
using System.Text;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>
/// Replays the transcripts of tests/golden/dialogue. A line "@ key value" sets the scene; "C: " is a line of the client (lines without
/// a reply between them come in one packet; \xNN, \r and \n are octets), "C~ " the same without CRLF behind it; "S: " is said
/// by the server, "Q: " is what it queued. UPDATE_GOLDEN=1 in the environment writes what was said into the files, for review.
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

    private static string Replay(string script, bool octetByOctet = false)
    {
        var scene = new Scene();
        var actual = new StringBuilder();
        DialoguePump? pump = null;
        List<byte> packet = [];
        foreach (var line in script.Split('\n').SkipLast(1))
        {
            if (line.StartsWith("@ ", StringComparison.Ordinal)) scene.Set(line[2..]);
            else if (pump is null && line is ['S' or 'C', ..])
            {
                pump = scene.Pump();
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

    /// <summary>What the "@" lines set.</summary>
    private sealed class Scene
    {
        private SessionPolicy _policy = new("mx.test", new SessionLimits());
        private RelayPolicy _relay = new([IPNetwork.Parse("192.0.2.0/24")], ["here.test"]);
        private IPAddress _client = IPAddress.Parse("192.0.2.7");

        public DialoguePump Pump() => new(_policy, _relay, _client);

        public void Set(string directive)
        {
            var (key, value) = directive.Split(' ', 2) is [var k, var v] ? (k, v) : throw new FormatException(directive);
            var limits = _policy.Limits;
            switch (key)
            {
                case "client": _client = IPAddress.Parse(value); break;
                case "relay-domain": _relay = _relay with { Domains = _relay.Domains.Add(value) }; break;
                case "disabled": _policy = _policy with { Disabled = [.. value.Split(' ')] }; break;
                case "bare-newline": _policy = _policy with { BareNewline = Enum.Parse<BareNewline>(value, ignoreCase: true) }; break;
                case "size": Limit(limits with { MessageSize = Number(value) }); break;
                case "recipients": Limit(limits with { Recipients = Number(value) }); break;
                case "transactions": Limit(limits with { Transactions = Number(value) }); break;
                case "errors": Limit(limits with { Errors = Number(value) }); break;
                case "command-line": Limit(limits with { CommandLine = Number(value) }); break;
                case "text-line": Limit(limits with { TextLine = Number(value) }); break;
                case "hops": Limit(limits with { Hops = Number(value) }); break;
                default: throw new FormatException(directive);
            }
        }

        private void Limit(SessionLimits limits) => _policy = _policy with { Limits = limits };

        private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
