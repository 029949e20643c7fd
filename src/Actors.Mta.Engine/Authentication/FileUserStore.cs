using System.Collections.Immutable;
using Actors.Mta.Core.Users;
using Actors.Mta.IO.Users;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Authentication;

/// <summary>
/// The users file, whole in memory. It is read again when it has changed (looked at every two seconds) or when it is told so.
/// A new file with a mistake in it is refused as a whole and named in the log; the users stay as they were.
/// </summary>
public sealed class FileUserStore : IUserStore, IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly UsersFile _file;
    private readonly ILogger _log;
    private readonly PeriodicTimer _timer;
    private readonly Lock _reading = new();
    private readonly Task _watch;
    private volatile UsersText _users;
    private UsersFileStamp? _stamp;

    private FileUserStore(UsersFile file, UsersText users, UsersFileStamp? stamp, ILogger log, TimeProvider clock)
    {
        (_file, _users, _stamp, _log) = (file, users, stamp, log);
        _timer = new PeriodicTimer(LookEvery, clock);
        _watch = WatchAsync();
    }

    /// <exception cref="UserStoreException">The file cannot be read or holds mistakes; the message names all of them.</exception>
    public static FileUserStore Open(UsersFile file, ILogger log, TimeProvider clock)
    {
        var stamp = StampOf(file);
        var users = Read(file, out var problems);
        return users is null ? throw new UserStoreException(string.Join('\n', problems)) : new FileUserStore(file, users, stamp, log, clock);
    }

    /// <summary>Reads the file again.</summary>
    /// <returns>What is wrong with it, "path:line: …" each; empty when the new users are in force.</returns>
    public ImmutableArray<string> Reload()
    {
        lock (_reading)
        {
            // Looked at first: what changes while it is read shows at the next look.
            _stamp = StampOf(_file);
            if (Read(_file, out var problems) is not { } users)
            {
                _log.UsersNotReloaded(_file.Path, problems.Length, problems[0]);
                return problems;
            }
            _users = users;
            _log.UsersReloaded(_file.Path, users.Accounts.Count);
            Changed?.Invoke();
            return [];
        }
    }

    /// <summary>Names of all users, for the address book.</summary>
    public IEnumerable<string> UserNames => _users.InOrder.Select(a => a.Name);

    /// <summary>After other users came into force; on the thread that read them.</summary>
    public event Action? Changed;

    public ValueTask<UserAccount?> FindAsync(string user, CancellationToken cancel) => new(_users.Find(user));

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watch;
    }

    private async Task WatchAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            try
            {
                if (StampOf(_file) != _stamp) Reload();
            }
            catch (Exception failure)
            {
                // Whoever was told of the new users could not bear it. The next change is not to be missed for that.
                _log.UsersNotToldOf(_file.Path, failure);
            }
        }
    }

    private static UsersFileStamp? StampOf(UsersFile file)
    {
        try
        {
            return file.Stamp();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Reading it tells why.
            return null;
        }
    }

    private static UsersText? Read(UsersFile file, out ImmutableArray<string> problems)
    {
        problems = [];
        try
        {
            var users = UsersText.Parse(file.Read());
            problems = [.. users.Problems.Select(p => $"{file.Path}:{p.Line}: {p.Message}")];
            return problems.IsEmpty ? users : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems = [e.Message];
            return null;
        }
    }
}
