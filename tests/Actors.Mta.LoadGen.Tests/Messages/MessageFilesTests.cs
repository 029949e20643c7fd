using System.Text;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Tests.Messages;

public sealed class MessageFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mta-load-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void An_mbox_is_split_and_its_quotes_taken_off()
    {
        var mbox = Write("mbox", "From a Mon Jan 1\nSubject: one\n\nHello\n>From here on\nFrom no empty line before\n\nFrom b Tue Jan 2\nSubject: two\n\n.\n");

        var messages = MessageFiles.Read([], null, mbox);

        Assert.Equal(["Subject: one\r\n", "Subject: two\r\n"], messages.Select(m => Text(m.Header)));
        Assert.Equal(["Hello\r\nFrom here on\r\nFrom no empty line before\r\n\r\n", ".\r\n"], messages.Select(m => Text(m.Body)));
    }

    [Fact]
    public void Line_ends_become_CRLF_whatever_they_were()
    {
        var message = MessageFiles.Parse("A: 1\nB: 2\r\n\r\nx\ry\nz"u8);
        Assert.Equal("A: 1\r\nB: 2\r\n", Text(message.Header));
        Assert.Equal("x\r\ny\r\nz\r\n", Text(message.Body));
    }

    [Fact]
    public void What_is_no_maildir_is_said() => Assert.Contains("neither cur nor new", Assert.Throws<FormatException>(() => MessageFiles.Read([], _directory, null)).Message);

    private string Write(string name, string text)
    {
        var file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static string Text(ReadOnlyMemory<byte> octets) => Encoding.ASCII.GetString(octets.Span);
}
