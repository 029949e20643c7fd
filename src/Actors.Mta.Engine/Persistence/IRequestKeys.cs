using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// Remembers requests by the key that their senders gave them, and the ids of their messages. On stable storage when a call completes. All members throw
/// <see cref="IOException"/> when the storage fails.
/// </summary>
internal interface IRequestKeys : IAsyncDisposable
{
    /// <summary>Takes a request up, unless somebody is at it or it is done.</summary>
    /// <param name="ids">For its messages, when it is new.</param>
    /// <param name="abandoned">Who took it up before this, and has not settled it, is gone.</param>
    Task<RequestClaim> ClaimAsync(string key, byte[] digest, ImmutableArray<MessageId> ids, DateTimeOffset now, DateTimeOffset abandoned);

    /// <summary>Lets go of a request.</summary>
    /// <param name="ids">Under which what is not queued yet is queued when it comes again.</param>
    /// <param name="done">Nothing is left to do.</param>
    Task SettleAsync(string key, ImmutableArray<MessageId> ids, bool done);
}

/// <param name="Digest">Of the request that has the key.</param>
internal sealed record RequestClaim(byte[] Digest, ImmutableArray<MessageId> Ids, RequestState State);

internal enum RequestState
{
    /// <summary>It is the caller's, and was never seen.</summary>
    New,
    /// <summary>It is the caller's; who had it before did not bring it to an end.</summary>
    Abandoned,
    /// <summary>Somebody is at it.</summary>
    Busy,
    /// <summary>All its messages were queued, or refused for good.</summary>
    Done,
}
