using System.Net;
using Actors.Mta.Core.Reputation;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.IO.Dns;

namespace Actors.Mta.Engine.Checks;

/// <summary>The DNS lists for one client: all asked at once, summed up once. A list that does not answer in time counts nothing.</summary>
internal sealed class ListChecks
{
    private readonly CheckParts _parts;
    private readonly IPAddress _client;
    private readonly (DnsList List, Task<DnsListAnswer> Answer)[] _asked;
    private (int Sum, SmtpReply? Refusal)? _score;

    public ListChecks(CheckParts parts, IPAddress client)
    {
        (_parts, _client) = (parts, client);
        _asked = [.. parts.Settings.DnsLists.Lists.Select(l => (l, parts.Clients.FindInListAsync(l.Zone, client, CancellationToken.None)))];
    }

    /// <returns>The sum of the weights, and what to say when it reaches the threshold.</returns>
    public async ValueTask<(int Sum, SmtpReply? Refusal)> ScoreAsync(CancellationToken cancel)
    {
        if (_score is { } known) return known;
        try
        {
            await Task.WhenAll(_asked.Select(a => a.Answer)).WaitAsync(_parts.Settings.Timeout, _parts.Clock, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Those that have answered count.
        }
        var listing = new List<(DnsList List, string? Text)>();
        foreach (var (list, asked) in _asked)
        {
            var answer = asked.IsCompletedSuccessfully ? asked.Result : null;
            var listed = answer is DnsListAnswer.Listed found && list.Counts(found.Codes);
            if (listed) listing.Add((list, ((DnsListAnswer.Listed)answer!).Text));
            ReceptionMeter.LookedUp(list.Zone, answer switch { null => "timeout", DnsListAnswer.Failed => "failed", _ => listed ? "listed" : "clear" });
        }
        var score = ListScore.Of(listing.Select(l => l.List));
        var refusal = score.Reaches(_parts.Settings.DnsLists.Threshold)
            ? ListScore.Reply(_client, score.Worst!, listing.Find(l => l.List == score.Worst).Text)
            : null;
        return (_score = (score.Sum, refusal)).Value;
    }
}
