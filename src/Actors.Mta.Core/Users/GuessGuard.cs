namespace Actors.Mta.Core.Users;

/// <summary>
/// Failed log-ins of all sessions, counted per client and per user; old ones fade. First answers come late, then a client is
/// blocked whatever it says, and a user is blocked for clients that have not logged in as that user lately: so nobody can lock
/// a user out of the machine that he always uses. Users that do not exist are counted like those that do.
/// Tables are bounded; what falls out is forgotten. Not for several threads at once.
/// </summary>
public sealed class GuessGuard(GuessLimits limits)
{
    private readonly RecentTable<ClientNetwork, Account> _clients = new(limits.Entries);
    private readonly RecentTable<string, Account> _users = new(limits.Entries);
    private readonly RecentTable<(ClientNetwork, string), DateTimeOffset> _known = new(limits.Entries);

    /// <summary>Whether an attempt may be made or answered now.</summary>
    /// <param name="user">Null when the client has not said who it is yet.</param>
    public GuessVerdict Ask(ClientNetwork client, string? user, DateTimeOffset now)
    {
        if (_clients.TryGet(client, out var account) && account.BlockedUntil > now) return GuessVerdict.ClientBlocked;
        return user is not null && _users.TryGet(UserName.Key(user), out account) && account.BlockedUntil > now
            && !IsKnown(client, UserName.Key(user), now) ? GuessVerdict.UserBlocked : GuessVerdict.Allowed;
    }

    /// <summary>How late the next answer to this client is to come, be it good or bad.</summary>
    public TimeSpan Delay(ClientNetwork client, string? user, DateTimeOffset now)
    {
        var delay = _clients.TryGet(client, out var account) ? DelayOf(account, limits.FreeFailures, now) : TimeSpan.Zero;
        if (user is null || !_users.TryGet(UserName.Key(user), out account) || IsKnown(client, UserName.Key(user), now)) return delay;
        // Failures of others weigh as much less here as they do for the block.
        var ofUser = DelayOf(account, limits.FreeFailures * limits.BlockUserAfter / limits.BlockAfter, now);
        return ofUser > delay ? ofUser : delay;
    }

    /// <param name="user">Null when the client never said who it is.</param>
    /// <returns>True when this failure made the client a blocked one.</returns>
    public bool Failed(ClientNetwork client, string? user, DateTimeOffset now)
    {
        var blocked = Count(_clients, client, limits.BlockAfter, now);
        if (user is not null) Count(_users, UserName.Key(user), limits.BlockUserAfter, now);
        return blocked;
    }

    /// <summary>Clears the client's account; what others have tried as this user stays counted.</summary>
    public void Succeeded(ClientNetwork client, string user, DateTimeOffset now)
    {
        _clients.Remove(client);
        _known.Set((client, UserName.Key(user)), now);
    }

    private bool IsKnown(ClientNetwork client, string user, DateTimeOffset now) =>
        _known.TryGet((client, user), out var last) && now - last < limits.KnownFor;

    private bool Count<TKey>(RecentTable<TKey, Account> table, TKey key, int blockAfter, DateTimeOffset now) where TKey : notnull
    {
        table.TryGet(key, out var account);
        var failures = Faded(account, now) + 1;
        // Fading starts with the failure: so many in a row must block, however slowly they are answered.
        var blocks = failures > blockAfter - 0.5 && account.BlockedUntil <= now;
        table.Set(key, new Account(failures, now, blocks ? now + limits.BlockFor : account.BlockedUntil));
        return blocks;
    }

    private TimeSpan DelayOf(Account account, int free, DateTimeOffset now)
    {
        var over = Math.Round(Faded(account, now)) - free;
        if (over <= 0) return TimeSpan.Zero;
        var delay = limits.FirstDelay.TotalSeconds * Math.Pow(2, over - 1);
        return delay >= limits.LongestDelay.TotalSeconds ? limits.LongestDelay : TimeSpan.FromSeconds(delay);
    }

    private double Faded(Account account, DateTimeOffset now) => account.Failures <= 0 ? 0
        : account.Failures * Math.Pow(0.5, Math.Max(0, (now - account.Last) / limits.HalfLife));

    /// <param name="Failures">As of <paramref name="Last"/>.</param>
    private readonly record struct Account(double Failures, DateTimeOffset Last, DateTimeOffset BlockedUntil);
}

/// <summary>What the guard says to an attempt.</summary>
public enum GuessVerdict { Allowed, ClientBlocked, UserBlocked }
