using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.IO.Recipients;

namespace Actors.Mta.Engine.Tests.Recipients;

public sealed class ExampleFilesTests
{
    [Fact]
    public void The_examples_of_recipients_are_good()
    {
        var read = AddressBookFiles.Load(
            new RecipientsOptions
            {
                Domains = [RepositoryRoot.File("config", "domains")],
                Mailboxes = [RepositoryRoot.File("config", "mailboxes")],
                Aliases = [RepositoryRoot.File("config", "aliases")],
            },
            [], []);
        Assert.Empty(read.Problems);
        var team = read.Book!.Decide(new Recipient(EmailAddress.Parse("team@lists.example.test")), trusted: false);
        Assert.Equal(
            ["alice@example.test", "bob@example.test", "bob@elsewhere.test"],
            Assert.IsType<RecipientVerdict.Accepted>(team).Targets.Select(t => t.Address.Text));
    }
}
