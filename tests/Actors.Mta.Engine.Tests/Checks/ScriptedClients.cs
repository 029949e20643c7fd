using System.Collections.Concurrent;
using System.Net;
using Actors.Mta.Core.Reputation;
using Actors.Mta.IO.Dns;

namespace Actors.Mta.Engine.Tests.Checks;

/// <summary>DNS lists and names of clients as the test says; nobody is listed by default, and lists of "silent" names never answer.</summary>
internal sealed class ScriptedClients : IClientLookup
{
    private readonly ConcurrentQueue<string> _asked = new();

    public Dictionary<string, DnsListAnswer> Lists { get; } = [];
    public ClientName Name { get; set; } = new("client.example.test");

    public IReadOnlyCollection<string> Asked => _asked;

    public Task<DnsListAnswer> FindInListAsync(string zone, IPAddress client, CancellationToken cancel)
    {
        _asked.Enqueue(zone);
        return zone.StartsWith("silent", StringComparison.Ordinal)
            ? new TaskCompletionSource<DnsListAnswer>().Task
            : Task.FromResult(Lists.GetValueOrDefault(zone, DnsListAnswer.NotListed.Instance));
    }

    public Task<ClientName> FindNameAsync(IPAddress client, CancellationToken cancel) => Task.FromResult(Name);
}
