using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Reputation;

/// <summary>What the lists come to for one client: the sum of the weights of those that list it.</summary>
/// <param name="Worst">The list that weighs most against the client; null when none does.</param>
public sealed record ListScore(int Sum, DnsList? Worst)
{
    private const int LongestText = 200;

    public static ListScore Of(IEnumerable<DnsList> listing)
    {
        var sum = 0;
        DnsList? worst = null;
        foreach (var list in listing)
        {
            sum += list.Weight;
            if (list.Weight > 0 && list.Weight > (worst?.Weight ?? 0)) worst = list;
        }
        return new ListScore(sum, worst);
    }

    /// <summary>True when the client is to be refused.</summary>
    public bool Reaches(int threshold) => Worst is not null && Sum >= threshold;

    /// <summary>"554 5.7.1 Service unavailable; client [192.0.2.1] blocked using LIST; TEXT".</summary>
    /// <param name="text">What the list says of the client (TXT, RFC 5782 2.1); anything but printable ASCII becomes '?', and it is cut.</param>
    public static SmtpReply Reply(IPAddress client, DnsList list, string? text)
    {
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        var why = string.IsNullOrWhiteSpace(text) ? "" : $"; {Printable(text.Trim())}";
        return SmtpReply.Of(554, "5.7.1", $"Service unavailable; client [{client}] blocked using {list.Zone}{why}");
    }

    private static string Printable(string text) =>
        string.Create(Math.Min(text.Length, LongestText), text, static (span, t) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = t[i] is >= ' ' and <= '~' ? t[i] : '?';
        });
}
