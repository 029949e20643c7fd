using System.Collections.Immutable;
using Actors.Mta.Core.Recipients;
using Actors.Mta.IO.Files;
using Actors.Mta.IO.Recipients;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Recipients;

/// <summary>What reading the files again came to.</summary>
/// <param name="Used">False: they hold a mistake, and the book that was there stays.</param>
public sealed record AddressBookReload(
    bool Used, ImmutableArray<BookProblem> Problems, int DomainsBefore, int Domains, int AddressesBefore, int Addresses);

/// <summary>
/// The address book in use. A new one takes its place when the files change or when it is told to; one with mistakes never does.
/// Any thread may read <see cref="Current"/>: a session asks it for each RCPT, so that a change counts at once.
/// </summary>
public sealed class AddressBooks : IAsyncDisposable
{
    private readonly RecipientsOptions _options;
    private readonly ImmutableHashSet<string> _relayDomains;
    private readonly Func<IEnumerable<string>> _users;
    private readonly ILogger _log;
    private readonly Lock _reading = new();
    private volatile AddressBook _current;
    private ImmutableArray<string> _files;
    private FileWatch? _watch;

    private AddressBooks(
        RecipientsOptions options, ImmutableHashSet<string> relayDomains, Func<IEnumerable<string>> users, ILogger log, AddressBookRead first)
    {
        (_options, _relayDomains, _users, _log) = (options, relayDomains, users, log);
        (_current, _files) = (first.Book!, first.Files);
    }

    public AddressBook Current => _current;

    /// <summary>Reads the files and, unless mta.recipients.reload-every is never, watches them from then on.</summary>
    /// <param name="relayDomains">mta.relay.domains.</param>
    /// <param name="users">Asked at each reading for names that may be mailboxes.</param>
    /// <exception cref="InvalidDataException">The files hold mistakes; all of them are in the message, a line each.</exception>
    public static AddressBooks Open(
        RecipientsOptions options, ImmutableHashSet<string> relayDomains, Func<IEnumerable<string>> users, ILogger log, TimeProvider? clock = null)
    {
        var read = AddressBookFiles.Load(options, relayDomains, users());
        if (read.Book is null) throw new InvalidDataException(string.Join('\n', read.Problems));
        Tell(log, read.Problems);
        var books = new AddressBooks(options, relayDomains, users, log, read);
        if (options.ReloadEvery is { } every) books._watch = new FileWatch(() => books._files, books.OnFilesChanged, every, clock).Start();
        return books;
    }

    /// <summary>Reads the files again, for instance on SIGHUP. Takes seconds when they are very large.</summary>
    public AddressBookReload Reload()
    {
        lock (_reading)
        {
            var read = AddressBookFiles.Load(_options, _relayDomains, _users());
            var before = _current;
            _files = read.Files;
            Tell(_log, read.Problems);
            var now = read.Book ?? before;
            _current = now;
            if (read.Book is null) _log.KeptAddressBook();
            else _log.ReloadedAddressBook(before.Domains, now.Domains, before.Addresses, now.Addresses);
            return new AddressBookReload(read.Book is not null, read.Problems, before.Domains, now.Domains, before.Addresses, now.Addresses);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_watch is not null) await _watch.DisposeAsync();
    }

    private void OnFilesChanged()
    {
        try
        {
            Reload();
        }
        catch (Exception failure)
        {
            // Whoever knows the users could not say now. The files are read again when they change again, or on SIGHUP.
            _log.AddressBookNotRead(failure);
        }
    }

    private static void Tell(ILogger log, ImmutableArray<BookProblem> problems)
    {
        foreach (var problem in problems)
        {
            if (problem.Fatal) log.AddressBookMistake(problem.ToString());
            else log.AddressBookWarning(problem.ToString());
        }
    }
}
