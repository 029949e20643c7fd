using Actors.Mta.Core.Users;

namespace Actors.Mta.Engine.Authentication;

/// <summary>Where users are kept. All members may be called from any thread.</summary>
public interface IUserStore
{
    /// <summary>Finds a user by the name that it logs in with, without regard to ASCII case.</summary>
    /// <returns>Null when there is no such user.</returns>
    /// <exception cref="UserStoreException">The store cannot be asked now, or holds something that cannot be used.</exception>
    ValueTask<UserAccount?> FindAsync(string user, CancellationToken cancel);
}

/// <summary>Users cannot be looked up. The message is for the operator and holds no secret.</summary>
public sealed class UserStoreException(string message, Exception? cause = null) : Exception(message, cause);
