using Actors.Mta.Core.Users;
using Actors.Mta.Engine.Authentication;

namespace Actors.Mta.Engine.Tests.Authentication;

/// <summary>Users in memory, by <see cref="UserName.Key"/>.</summary>
internal sealed class MemoryUsers : IUserStore
{
    private readonly Dictionary<string, UserAccount> _users = [];

    /// <summary>Thrown by every look-up.</summary>
    public UserStoreException? Failure { get; set; }

    public void Put(UserAccount account) => _users[UserName.Key(account.Name)] = account;

    public ValueTask<UserAccount?> FindAsync(string user, CancellationToken cancel) =>
        Failure is { } failure ? throw failure : new(_users.GetValueOrDefault(UserName.Key(user)));
}
