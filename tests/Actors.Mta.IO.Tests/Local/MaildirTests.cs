using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;
using static Actors.Mta.IO.Tests.Local.MaildirFixture;

namespace Actors.Mta.IO.Tests.Local;

public sealed class MaildirTests : IDisposable
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const string Fields = "Return-Path: <a@client.test>\nDelivered-To: bob@example.test\n";
    private readonly MaildirFixture _mailboxes = new();

    public void Dispose() => _mailboxes.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Delivers_with_line_feeds_and_the_envelope_in_front(bool hot)
    {
        var connection = await _mailboxes.ConnectAsync();

        var result = await SendAsync(connection, "Subject: x\r\n\r\n.dot\r\nna\u00efve\r\n", 1, hot, "bob@example.test");

        var delivered = Assert.IsType<RecipientOutcome.Delivered>(Assert.Single(result.Outcomes));
        Assert.Equal((250, true, false), (delivered.Reply.Code, delivered.Final, delivered.PassedDsn));
        Assert.Equal((true, false), (result.Reusable, result.InDoubt));
        var file = Assert.Single(_mailboxes.Files("new"));
        Assert.Equal(Fields + "Subject: x\n\n.dot\nna\u00efve\n", Encoding.Latin1.GetString(File.ReadAllBytes(file)));
        Assert.Matches(@"^86400\.M000000Q[0-9A-Z]{26}-[0-9a-f]{16}\.mta\.test,S=\d+$", Path.GetFileName(file));
        Assert.EndsWith($",S={new FileInfo(file).Length}", file, StringComparison.Ordinal);
        Assert.Empty(_mailboxes.Files("tmp"));
    }

    [Fact]
    public async Task Is_on_stable_storage_before_it_is_seen()
    {
        var connection = await _mailboxes.ConnectAsync();
        await SendAsync(connection, "x\r\n");

        var made = Enumerable.Repeat("CreateDirectory", 5);
        Assert.Equal([.. made, "Create", "Write", "Sync", "Publish", "AfterPublish"], _mailboxes.Disk.Steps);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("no end", "no end\n")]
    [InlineData("a\rb\r\nc\n\r\r\n\r", "a\rb\nc\n\r\n\r\n")]
    public async Task Changes_nothing_but_ends_of_lines(string text, string expected)
    {
        await SendAsync(await _mailboxes.ConnectAsync(), text);

        Assert.Equal(Fields + expected, File.ReadAllText(Assert.Single(_mailboxes.Files("new"))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Streams_a_large_message(bool hot)
    {
        // CR and LF fall on either side of each block's end.
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i:x6}{new string('x', i % 3)}\r\n"));

        await SendAsync(await _mailboxes.ConnectAsync(), text, 1, hot, "bob@example.test");

        Assert.Equal(Fields + text.Replace("\r\n", "\n", StringComparison.Ordinal), File.ReadAllText(Assert.Single(_mailboxes.Files("new"))));
    }

    [Fact]
    public async Task Finds_a_mailbox_by_any_spelling_and_settles_each_recipient()
    {
        var connection = await _mailboxes.ConnectAsync();

        var result = await SendAsync(connection, "x\r\n", 1, true, "BOB@Example.TEST", "bob+lists@example.test", "\"../x\"@example.test", "carol@example.test");

        Assert.Equal("Delivered 250, Delivered 250, Failed 553, Delivered 250", ClientFixture.Outcome(result));
        Assert.Equal(2, _mailboxes.Files("new").Length);
        Assert.Contains(_mailboxes.Files("new"), f => File.ReadAllText(f).Contains("\nDelivered-To: bob+lists@example.test\n", StringComparison.Ordinal));
        Assert.Single(_mailboxes.Files("new", "example.test/carol"));
        Assert.Equal(["bob", "carol"], Directory.GetDirectories(Path.Combine(_mailboxes.Root, "example.test")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Keeps_what_it_makes_to_its_own_user()
    {
        if (OperatingSystem.IsWindows()) return;
        await SendAsync(await _mailboxes.ConnectAsync(), "x\r\n");

        const UnixFileMode directory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        foreach (var path in Directory.GetDirectories(_mailboxes.Root, "*", SearchOption.AllDirectories))
            Assert.Equal(directory, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(_mailboxes.Files("new"))));
    }

    [Theory]
    [InlineData(MaildirStep.Create)]
    [InlineData(MaildirStep.Write)]
    [InlineData(MaildirStep.Sync)]
    [InlineData(MaildirStep.Publish)]
    public async Task A_crash_before_the_name_is_given_costs_an_attempt_and_leaves_no_half_message(MaildirStep step)
    {
        var connection = await _mailboxes.ConnectAsync();
        (_mailboxes.Disk.FailsAt, _mailboxes.Disk.Crashes) = (step, true);
        Assert.Equal("Deferred 451", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        Assert.Empty(_mailboxes.Files("new"));

        (_mailboxes.Disk.FailsAt, _mailboxes.Disk.Crashes) = (MaildirStep.None, false);
        _mailboxes.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Delivered 250", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        Assert.Equal(Fields + "one\n", File.ReadAllText(Assert.Single(_mailboxes.Files("new"))));
        Assert.Empty(_mailboxes.Files("tmp"));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(60, false)]
    [InlineData(60, true)]
    public async Task A_crash_after_the_name_was_given_makes_no_second_message(int secondsLater, bool read)
    {
        var connection = await _mailboxes.ConnectAsync();
        _mailboxes.Disk.FailsAt = MaildirStep.AfterPublish;
        Assert.Equal("Deferred 451", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        var file = Assert.Single(_mailboxes.Files("new"));
        if (read) File.Move(file, Path.Combine(_mailboxes.Root, "example.test/bob/cur", Path.GetFileName(file) + ":2,S"));

        _mailboxes.Disk.FailsAt = MaildirStep.None;
        _mailboxes.Clock.Advance(TimeSpan.FromSeconds(secondsLater));
        Assert.Equal("Delivered 250", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        Assert.Single(_mailboxes.Files("new").Concat(_mailboxes.Files("cur")));
        Assert.Empty(_mailboxes.Files("tmp"));
        // Another message is another message.
        await SendAsync(connection, "two\r\n", id: 2);
        Assert.Equal(2, _mailboxes.Files("new").Concat(_mailboxes.Files("cur")).Count());
    }

    [Fact]
    public async Task What_was_named_before_a_crash_counts_only_when_its_directory_is_synced()
    {
        var connection = await _mailboxes.ConnectAsync();
        _mailboxes.Disk.FailsAt = MaildirStep.AfterPublish;
        Assert.Equal("Deferred 451", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        _mailboxes.Disk.FailsAt = MaildirStep.SyncDirectory;
        _mailboxes.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Deferred 451", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        _mailboxes.Disk.FailsAt = MaildirStep.None;
        Assert.Equal("Delivered 250", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        Assert.Single(_mailboxes.Files("new"));
    }

    [SkippableFact]
    public async Task A_link_that_the_owner_of_a_mailbox_put_in_the_way_is_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights on Windows");
        var connection = await _mailboxes.ConnectAsync();
        (_mailboxes.Disk.FailsAt, _mailboxes.Disk.Crashes) = (MaildirStep.Write, true);
        await SendAsync(connection, "one\r\n");
        var draft = Assert.Single(_mailboxes.Files("tmp"));
        var victim = Path.Combine(_mailboxes.Root, "victim");
        File.WriteAllText(victim, "precious");
        File.Delete(draft);
        File.CreateSymbolicLink(draft, victim);

        (_mailboxes.Disk.FailsAt, _mailboxes.Disk.Crashes) = (MaildirStep.None, false);
        Assert.Equal("Delivered 250", ClientFixture.Outcome(await SendAsync(connection, "one\r\n")));
        Assert.Equal("precious", File.ReadAllText(victim));
        Assert.Null(new FileInfo(Assert.Single(_mailboxes.Files("new"))).LinkTarget);
    }

    [Theory]
    [InlineData(NoSpace)]
    [InlineData(QuotaExceeded)]
    public async Task A_full_disk_defers(int error)
    {
        if (OperatingSystem.IsWindows()) return;
        var connection = await _mailboxes.ConnectAsync();
        (_mailboxes.Disk.FailsAt, _mailboxes.Disk.Failure) = (MaildirStep.Write, new IOException("full", error));

        var outcome = Assert.Single((await SendAsync(connection, "x\r\n")).Outcomes);

        Assert.Equal("452 4.3.1 No space for the mailbox on the disk", Assert.IsType<RecipientOutcome.Deferred>(outcome).Reply.ToString());
        Assert.Empty(_mailboxes.Files("tmp"));
    }

    [Fact]
    public async Task Missing_rights_defer_and_say_so()
    {
        var connection = await _mailboxes.ConnectAsync();
        (_mailboxes.Disk.FailsAt, _mailboxes.Disk.Failure) = (MaildirStep.CreateDirectory, new UnauthorizedAccessException("Access to '/m/bob' is denied."));

        var outcome = Assert.Single((await SendAsync(connection, "x\r\n")).Outcomes);

        Assert.Equal("451 4.2.0 Mailbox cannot be written: Access to '/m/bob' is denied.", Assert.IsType<RecipientOutcome.Deferred>(outcome).Reply.ToString());
    }

    [Fact]
    public async Task A_missing_base_is_a_site_that_does_not_answer()
    {
        var target = _mailboxes.Target(pattern: "not-mounted/{local}");

        var result = Assert.IsType<ConnectResult.Failed>(await _mailboxes.Connector().ConnectAsync([target], CancellationToken.None));

        var failure = Assert.Single(result.Tried);
        Assert.Equal((SmtpStage.Connect, 451), (failure.Stage, failure.Reply.Code));
        Assert.Contains("not-mounted does not exist", failure.Reply.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_mailboxes.Root, "not-mounted")));
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_not_delivered_in_part()
    {
        var connection = await _mailboxes.ConnectAsync();
        var body = new MemoryBody(new byte[200_000], hot: false) { BrokenFrom = 100_000 };
        var transaction = ClientFixture.Transaction(200_000);

        var result = await connection.SendAsync(transaction, body, null, CancellationToken.None);

        Assert.Equal("Deferred 451", ClientFixture.Outcome(result));
        Assert.Empty(_mailboxes.Files("new", "example.test/b"));
        Assert.Empty(_mailboxes.Files("tmp", "example.test/b"));
    }

    [Fact]
    public async Task Writes_no_more_messages_at_a_time_than_there_are_writers()
    {
        using var mailboxes = new MaildirFixture { Writers = 2 };
        var connection = await mailboxes.ConnectAsync();
        mailboxes.Disk.Gate = new TaskCompletionSource();

        var sending = Enumerable.Range(1, 12).Select(i => SendAsync(connection, $"{i}\r\n", (ulong)i)).ToList();
        for (var i = 0; i < 2; i++) Assert.True(await mailboxes.Disk.Entered.WaitAsync(ScriptedClient.Patience));
        mailboxes.Disk.Gate.SetResult();
        var results = await Task.WhenAll(sending);

        Assert.All(results, r => Assert.Equal("Delivered 250", ClientFixture.Outcome(r)));
        Assert.Equal(2, mailboxes.Disk.MostWriting);
        Assert.Equal(12, mailboxes.Files("new").Length);
    }

    [Fact]
    public async Task Stops_waiting_for_a_writer_when_the_node_stops()
    {
        var connection = await _mailboxes.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        var result = await connection.SendAsync(ClientFixture.Transaction(3), new MemoryBody("x\r\n"u8.ToArray()), null, cancel.Token);

        Assert.Equal("Deferred 451", ClientFixture.Outcome(result));
    }
}
