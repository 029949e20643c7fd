using System.Text;
using Actors.Mta.Core.Recipients;

namespace Actors.Mta.IO.Recipients;

/// <summary>
/// Text files as people write them: UTF-8, "#" begins a comment at the start of a line or behind white space, a line that begins
/// with white space continues the one before.
/// </summary>
internal static class LineFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Calls with every logical line and where it begins. What keeps the file from being read is a problem.</summary>
    public static void Read(string path, List<BookProblem> problems, Action<string, FileLine> onLine)
    {
        var number = 0;
        try
        {
            using var reader = new StreamReader(path, Strict, detectEncodingFromByteOrderMarks: true, bufferSize: 64 * 1024);
            var (text, at) = ("", default(FileLine));
            while (reader.ReadLine() is { } raw)
            {
                number++;
                var line = WithoutComment(raw);
                if (line.IsEmpty) continue;
                if (char.IsWhiteSpace(line[0]) && text.Length > 0)
                {
                    text = $"{text} {line.Trim()}";
                    continue;
                }
                if (text.Length > 0) onLine(text, at);
                (text, at) = (line.Trim().ToString(), new FileLine(path, number));
            }
            if (text.Length > 0) onLine(text, at);
        }
        catch (DecoderFallbackException)
        {
            problems.Add(new BookProblem(new FileLine(path, number + 1), "here or behind it is text that is not UTF-8", Fatal: true));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problems.Add(new BookProblem(new FileLine(path, 0), $"cannot be read: {unreadable.Message}", Fatal: true));
        }
    }

    private static ReadOnlySpan<char> WithoutComment(ReadOnlySpan<char> line)
    {
        for (var at = line.IndexOf('#'); at >= 0;)
        {
            if (at == 0 || char.IsWhiteSpace(line[at - 1])) return line[..at].TrimEnd();
            var next = line[(at + 1)..].IndexOf('#');
            at = next < 0 ? -1 : at + 1 + next;
        }
        return line.TrimEnd();
    }
}
