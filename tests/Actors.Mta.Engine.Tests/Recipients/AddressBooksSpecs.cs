using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Engine.Recipients;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.Engine.Tests.Persistence;
using Actors.Mta.IO.Recipients;

namespace Actors.Mta.Engine.Tests.Recipients;

public sealed class AddressBooksSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingLog _log = new();

    public void Dispose() => _directory.Dispose();

    private RecipientsOptions Options => new()
    {
        Domains = [_directory.File("domains")],
        Mailboxes = [_directory.File("mailboxes")],
        ReloadEvery = null,
    };

    private void Write(string name, string text) => File.WriteAllText(_directory.File(name), text);

    private static bool Knows(AddressBooks books, string address) =>
        books.Current.Decide(new Recipient(EmailAddress.Parse(address)), trusted: false) is RecipientVerdict.Accepted;

    [Fact]
    public async Task A_changed_file_counts_after_the_reload()
    {
        Write("domains", "local.test local\n");
        Write("mailboxes", "bob@local.test\n");
        await using var books = AddressBooks.Open(Options, ["relay.test"], () => ["user@local.test"], _log);
        Assert.True(Knows(books, "bob@local.test") && Knows(books, "user@local.test") && Knows(books, "x@relay.test") && !Knows(books, "alice@local.test"));
        Assert.Equal(1, _log.Count("recipients: " + _directory.File("domains") + ":1: warning: nobody gets mail for postmaster@local.test"));

        Write("mailboxes", "alice@local.test\ncarol@local.test\n");
        var reload = books.Reload();

        Assert.Equal((true, 2, 2, 2, 3), (reload.Used, reload.DomainsBefore, reload.Domains, reload.AddressesBefore, reload.Addresses));
        Assert.True(Knows(books, "alice@local.test") && !Knows(books, "bob@local.test"));
    }

    [Fact]
    public async Task Files_with_mistakes_are_not_taken_over()
    {
        Write("domains", "local.test local\n");
        Write("mailboxes", "bob@local.test\n");
        await using var books = AddressBooks.Open(Options, [], () => [], _log);
        Write("mailboxes", "alice@local.test\nbob\n");
        var reload = books.Reload();
        Assert.False(reload.Used);
        Assert.Contains(reload.Problems, p => p.ToString() == $"{_directory.File("mailboxes")}:2: \"bob\" has no domain; write bob@example.test");
        Assert.True(Knows(books, "bob@local.test") && !Knows(books, "alice@local.test"));
    }

    [Fact]
    public void A_node_does_not_start_with_mistakes()
    {
        Write("domains", "local.test\nlocal.test virtual\n");
        var e = Assert.Throws<InvalidDataException>(() => AddressBooks.Open(Options, [], () => [], _log));
        Assert.Contains("domains:1: ", e.Message);
        Assert.Contains("domains:2: ", e.Message);
        Assert.Contains("mailboxes: cannot be read", e.Message);
    }

    [Fact]
    public async Task Changed_files_are_seen_without_being_told()
    {
        Write("domains", "local.test local\n");
        Write("mailboxes", "bob@local.test\n");
        var read = new TaskCompletionSource();
        var times = 0;
        IEnumerable<string> Users()
        {
            if (++times > 1) read.TrySetResult();
            return [];
        }
        await using var books = AddressBooks.Open(Options with { ReloadEvery = TimeSpan.FromMilliseconds(10) }, [], Users, _log);
        Write("mailboxes", "bob@local.test\nalice@local.test\n");
        await read.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(books.Reload().Used);
        Assert.True(Knows(books, "alice@local.test"));
    }
}
