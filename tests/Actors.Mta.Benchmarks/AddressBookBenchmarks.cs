using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>What RCPT asks of an address book with a million aliases and 100,000 mailboxes.</summary>
[MemoryDiagnoser]
public class AddressBookBenchmarks
{
    private const int Aliases = 1_000_000;
    private const int Mailboxes = 100_000;

    private readonly AddressBook _book = Load();
    private readonly Recipient[] _aliases = [.. Spread(n => $"alias.{n}@local{n % 10}.example.test", Aliases)];
    private readonly Recipient[] _mailboxes = [.. Spread(n => $"User{n}+tag@Local0.example.test", Mailboxes)];
    private readonly Recipient[] _unknown = [.. Spread(n => $"nobody.{n}@local3.example.test", Aliases)];
    private readonly Recipient[] _foreign = [.. Spread(n => $"user@host{n}.elsewhere.test", Aliases)];
    private int _next;

    [Benchmark]
    public RecipientVerdict Alias() => Decide(_aliases);

    [Benchmark]
    public RecipientVerdict MailboxBySubaddress() => Decide(_mailboxes);

    [Benchmark]
    public RecipientVerdict Unknown() => Decide(_unknown);

    [Benchmark]
    public RecipientVerdict Foreign() => Decide(_foreign);

    public static AddressBook Load()
    {
        var builder = new AddressBookBuilder("+", EmailAddress.Parse("user0@local0.example.test"));
        var at = new FileLine("benchmark", 1);
        for (var n = 0; n < 10; n++) builder.AddDomain(new DomainEntry($"local{n}.example.test", DomainRole.Local), at);
        for (var n = 0; n < Mailboxes; n++) builder.AddMailbox(EmailAddress.Parse($"user{n}@local0.example.test"), at);
        for (var n = 0; n < Aliases; n++)
        {
            // Nine of ten go to a mailbox, the others elsewhere.
            var target = n % 10 == 9 ? $"user{n}@elsewhere.test" : $"user{n % Mailboxes}@local0.example.test";
            builder.AddAlias(EmailAddress.Parse($"alias.{n}@local{n % 10}.example.test"), [new AliasTarget.To(EmailAddress.Parse(target))], at);
        }
        return builder.Build() ?? throw new InvalidOperationException(string.Join('\n', builder.Problems));
    }

    private RecipientVerdict Decide(Recipient[] recipients) => _book.Decide(recipients[_next++ & (recipients.Length - 1)], trusted: false);

    private static IEnumerable<Recipient> Spread(Func<int, string> address, int count)
    {
        var random = new Random(1);
        for (var i = 0; i < 65_536; i++) yield return new Recipient(EmailAddress.Parse(address(random.Next(count))));
    }
}
