using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;
using static Actors.Mta.IO.Tests.Local.MaildirFixture;

namespace Actors.Mta.IO.Tests.Local;

public sealed class MaildirQuotaTests : IDisposable
{
    private readonly MaildirFixture _mailboxes = new();

    public void Dispose() => _mailboxes.Dispose();

    private string SizeFile => Path.Combine(_mailboxes.Root, "example.test/bob/maildirsize");

    [Theory]
    [InlineData("", "Deferred 452", "452 4.2.2")]
    [InlineData("&full=bounce", "Failed 552", "552 5.2.2")]
    public async Task Takes_no_more_than_the_quota(string option, string expected, string reply)
    {
        var connection = await _mailboxes.ConnectAsync(_mailboxes.Target($"?quota=2k{option}"));

        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, Text(900), 1)));
        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, Text(900), 2)));
        var over = await SendAsync(connection, Text(900), 3);

        Assert.Equal(expected, Outcome(over));
        Assert.StartsWith(reply, over.Outcomes[0].Reply.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, _mailboxes.Files("new").Length);
        Assert.Empty(_mailboxes.Files("tmp"));
        Assert.Equal("2048S", File.ReadAllLines(SizeFile)[0]);
        // A smaller one still fits, and another mailbox is not concerned.
        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, Text(10), 4)));
        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, Text(900), 3, true, "carol@example.test")));
    }

    [Fact]
    public async Task Writes_down_what_it_delivers()
    {
        var connection = await _mailboxes.ConnectAsync(_mailboxes.Target("?quota=1M"));
        await SendAsync(connection, Text(100), 1);
        await SendAsync(connection, Text(200), 2);

        var sizes = _mailboxes.Files("new").Select(f => new FileInfo(f).Length).Order().ToArray();
        Assert.Equal(["1048576S", "0 0", $"{sizes[0]} 1", $"{sizes[1]} 1"], File.ReadAllLines(SizeFile));
    }

    [Fact]
    public async Task Counts_again_when_the_reader_has_deleted_something()
    {
        var connection = await _mailboxes.ConnectAsync(_mailboxes.Target("?quota=1k"));
        await SendAsync(connection, Text(700), 1);
        Assert.Equal("Deferred 452", Outcome(await SendAsync(connection, Text(700), 2)));
        File.Delete(Assert.Single(_mailboxes.Files("new")));

        // What was counted lately is believed; later it is counted anew.
        Assert.Equal("Deferred 452", Outcome(await SendAsync(connection, Text(700), 2)));
        File.SetLastWriteTimeUtc(SizeFile, MaildirFixture.Arrived.UtcDateTime.AddMinutes(-20));
        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, Text(700), 2)));
    }

    [Fact]
    public async Task Counts_folders_but_neither_the_trash_nor_what_is_marked_as_deleted()
    {
        var connection = await _mailboxes.ConnectAsync(_mailboxes.Target());
        await SendAsync(connection, Text(100), 1);
        var mailbox = Path.Combine(_mailboxes.Root, "example.test/bob");
        foreach (var folder in new[] { ".Work", ".Trash" }) Directory.CreateDirectory(Path.Combine(mailbox, folder, "cur"));
        File.WriteAllText(Path.Combine(mailbox, ".Work/cur/1.host,S=5000:2,S"), "the name counts, not what is there");
        File.WriteAllText(Path.Combine(mailbox, ".Work/cur/2.host:2,S"), new string('x', 300));
        File.WriteAllText(Path.Combine(mailbox, "cur/3.host,S=70000:2,ST"), "deleted");
        File.WriteAllText(Path.Combine(mailbox, ".Trash/cur/4.host,S=800000"), "thrown away");
        var first = new FileInfo(Assert.Single(_mailboxes.Files("new"))).Length;

        await SendAsync(await _mailboxes.ConnectAsync(_mailboxes.Target("?quota=1M")), Text(100), 2);

        Assert.Equal($"{first + 5300} 3", File.ReadAllLines(SizeFile)[1]);
    }

    [Theory]
    [InlineData("5S\n1 1\n")]
    [InlineData("4096S\nnonsense\n")]
    [InlineData("")]
    public async Task A_file_that_says_something_else_is_made_anew(string content)
    {
        var connection = await _mailboxes.ConnectAsync(_mailboxes.Target("?quota=4k"));
        await SendAsync(connection, Text(100), 1);
        File.WriteAllText(SizeFile, content);

        Assert.Equal("Delivered 250", Outcome(await SendAsync(connection, Text(100), 2)));
        Assert.Equal("4096S", File.ReadAllLines(SizeFile)[0]);
    }

    [Fact]
    public async Task Messages_that_come_together_do_not_pass_the_quota_together()
    {
        var connection = await _mailboxes.ConnectAsync(_mailboxes.Target("?quota=2k"));

        var results = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => SendAsync(connection, Text(900), (ulong)i)));

        Assert.Equal(2, results.Count(r => r.Outcomes[0] is RecipientOutcome.Delivered));
        Assert.Equal(2, _mailboxes.Files("new").Length);
    }

    private static string Outcome(TransactionResult result) => ClientFixture.Outcome(result);

    private static string Text(int octets) => new string('x', octets - 2) + "\r\n";
}
