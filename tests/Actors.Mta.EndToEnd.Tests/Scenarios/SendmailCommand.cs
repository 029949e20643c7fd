using System.Text;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>`mta sendmail`, as cron, PHP and git call it: with the node up, and with the node down.</summary>
public sealed class SendmailCommand(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task What_was_sent_while_the_node_was_down_arrives_when_it_is_up()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();
        await bed.Node.StopAsync();
        (await SendAsync(bed, "To: Bob <bob@example.test>\nBcc: carol@example.test\nSubject: hello\n\nbody\n.\nmore\n", "-t", "-i", "-f", "alice@sender.test"))
            .Succeeded();

        await bed.Node.StartAsync();

        var message = await inbox.ReceivesOneAsync();
        var text = Encoding.ASCII.GetString(message.Content);
        Assert.StartsWith("From: alice@sender.test\r\nDate: ", text, StringComparison.Ordinal);
        Assert.Contains("\r\nMessage-ID: <", text, StringComparison.Ordinal);
        Assert.DoesNotContain("carol", text, StringComparison.Ordinal);
        Assert.EndsWith("Subject: hello\r\n\r\nbody\r\n.\r\nmore\r\n", text, StringComparison.Ordinal);
        await bed.Node.DrainsAsync();
        Assert.Empty(Directory.GetFiles(Path.Combine(bed.Data, "maildrop")));
    }

    [SkippableFact]
    public async Task A_dot_ends_the_message_unless_it_is_told_otherwise()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();
        (await SendAsync(bed, "Subject: hello\r\n\r\nbody\r\n.\r\nmore\r\n", "-falice@sender.test", "--", "bob@example.test")).Succeeded();
        Assert.EndsWith("\r\n\r\nbody\r\n", Encoding.ASCII.GetString((await inbox.ReceivesOneAsync()).Content), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Says_what_it_does_not_do()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        foreach (var arguments in (string[][])[["-bs"], ["-z", "bob@example.test"], []])
            Assert.Equal(64, (await SendAsync(bed, "x\n", arguments)).ExitCode);
        Assert.Equal(65, (await SendAsync(bed, "x\n", "bob@@example.test")).ExitCode);
        Assert.Equal(65, (await SendAsync(bed, "Subject: x\n\nx\n", "-t")).ExitCode);
    }

    [SkippableFact]
    public async Task Queues_nothing_where_no_node_would_look()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        var elsewhere = Path.Combine(bed.Directory, "elsewhere");
        var sent = await SendAsync(bed, "Subject: x\n\nx\n", "--set", $"mta.data=\"{elsewhere}\"", "bob@example.test");
        Assert.Equal(75, sent.ExitCode);
        Assert.Contains(elsewhere, sent.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(elsewhere));
    }

    private static Task<ProgramResult> SendAsync(TestBed bed, string message, params string[] arguments) => NodeProcess.ProgramAsync(
        Encoding.ASCII.GetBytes(message), ["sendmail", "--config", Path.Combine(bed.Directory, "node.conf"), .. arguments]);
}
