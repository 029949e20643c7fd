using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Maildrop;

namespace Actors.Mta.IO.Tests.Maildrop;

public sealed class MaildropDirectoryTests : IDisposable
{
    private static readonly MessageId Id = MessageId.Create(DateTimeOffset.UnixEpoch, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    private readonly string _root = Directory.CreateTempSubdirectory("mta-").FullName;
    private readonly MaildropDirectory _drop;

    public MaildropDirectoryTests()
    {
        _drop = new MaildropDirectory(Path.Combine(_root, "maildrop"));
        _drop.Create();
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_dropped_is_listed_and_read_and_removed()
    {
        _drop.Drop(Id, ["MAIL FROM:<a@x.test> RET=HDRS", "RCPT TO:<b@y.test> NOTIFY=NEVER"], "Subject: x\r\n\r\nbody\r\n"u8);
        Assert.Equal([Id], _drop.List());
        using (var message = _drop.Open(Id))
        {
            Assert.Equal((DsnReturn.Headers, "a@x.test"), (message.Mail.Return, message.Mail.Sender.Text));
            Assert.Equal(DsnNotify.Never, Assert.Single(message.Recipients).Notify);
            var buffer = new byte[100];
            Assert.Equal("Subject: x\r\n\r\nbody\r\n", Encoding.ASCII.GetString(buffer.AsSpan(0, message.Read(buffer))));
            Assert.Equal(0, message.Read(buffer));
        }
        _drop.Remove(Id);
        Assert.Empty(_drop.List());
    }

    [SkippableFact]
    public void Everybody_may_drop_and_only_the_nodes_group_may_read()
    {
        Skip.If(OperatingSystem.IsWindows(), "modes are for Unix");
        _drop.Drop(Id, ["MAIL FROM:<>", "RCPT TO:<b@y.test>"], "x\r\n"u8);
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal("3733", Convert.ToString((int)File.GetUnixFileMode(_drop.Path), 8));
        Assert.Equal("640", Convert.ToString((int)File.GetUnixFileMode(Path.Combine(_drop.Path, Id.ToString())), 8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("MAIL FROM:<a@x.test>\r\n")]
    [InlineData("MAIL FROM:<a@x.test>\r\n\r\nno recipient")]
    [InlineData("RCPT TO:<a@x.test>\r\n\r\nx")]
    [InlineData("MAIL FROM:<a@x.test>\r\nRCPT TO:<>\r\n\r\nx")]
    [InlineData("MAIL FROM:<a@x.test>\r\nQUIT\r\n\r\nx")]
    public void What_is_no_message_can_be_put_aside(string text)
    {
        File.WriteAllText(Path.Combine(_drop.Path, Id.ToString()), text);
        Assert.Throws<FormatException>(() => _drop.Open(Id));
        Assert.Equal(text, File.ReadAllText(_drop.PutAside(Id)));
        Assert.Empty(_drop.List());
    }

    [SkippableFact]
    public void A_link_is_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights on Windows");
        var secret = Path.Combine(_root, "secret");
        File.WriteAllText(secret, "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\n\r\nsecret\r\n");
        File.CreateSymbolicLink(Path.Combine(_drop.Path, Id.ToString()), secret);
        Assert.Throws<FormatException>(() => _drop.Open(Id));
    }

    [SkippableFact]
    public async Task A_pipe_is_put_aside_and_nobody_waits_for_its_other_end()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "pipes with names are of Unix, and opened without waiting on Linux");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(_drop.Path, Id.ToString())]))
            await mkfifo.WaitForExitAsync();
        Assert.Equal([Id], _drop.List());
        await Assert.ThrowsAsync<FormatException>(() => Task.Run(() => _drop.Open(Id)).WaitAsync(TimeSpan.FromSeconds(30)));
        _drop.PutAside(Id);
        Assert.Empty(_drop.List());
    }

    [SkippableFact]
    public void A_second_name_of_a_file_is_refused()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "names are counted on Linux");
        _drop.Drop(Id, ["MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>"], "not for others\r\n"u8);
        var other = MessageId.Create(DateTimeOffset.UnixEpoch, new byte[10]);
        using (var ln = System.Diagnostics.Process.Start("ln", [Path.Combine(_drop.Path, Id.ToString()), Path.Combine(_drop.Path, other.ToString())]))
            ln.WaitForExit();
        Assert.Equal(2, _drop.List().Count);
        Assert.Throws<FormatException>(() => _drop.Open(other));
    }

    [Theory]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    [InlineData("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")]
    public void Who_names_a_file_does_not_choose_the_queue_id_which_stays_the_same_all_the_same(string name)
    {
        Assert.True(MessageId.TryParse(name, out var chosen));
        _drop.Drop(chosen, ["MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>"], "x\r\n"u8);
        using var first = _drop.Open(chosen);
        using var again = _drop.Open(chosen);
        Assert.NotEqual(chosen, first.Id);
        Assert.Equal(first.Id, again.Id);
        Assert.InRange(first.Id.Arrived, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
    }

    [Fact]
    public async Task Tells_when_something_was_dropped()
    {
        var told = new TaskCompletionSource();
        using var watch = _drop.Watch(() => told.TrySetResult());
        _drop.Drop(Id, ["MAIL FROM:<>", "RCPT TO:<b@y.test>"], "x\r\n"u8);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
