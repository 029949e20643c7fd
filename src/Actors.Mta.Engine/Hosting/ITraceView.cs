using Actors.Mta.Core.Events;

namespace Actors.Mta.Engine.Hosting;

/// <summary>What the event logs of all nodes say.</summary>
public interface ITraceView
{
    /// <param name="subject">A queue id or an address.</param>
    /// <param name="since">Only later events, of an address.</param>
    /// <param name="limit">The latest so many, of each node.</param>
    Task<TraceView> FindAsync(string subject, DateTimeOffset since, int limit, CancellationToken cancel);
}

/// <param name="Events">Oldest first.</param>
/// <param name="Silent">Nodes that were not heard, and why: what they know is missing.</param>
public sealed record TraceView(MailEvent[] Events, string[] Silent);
