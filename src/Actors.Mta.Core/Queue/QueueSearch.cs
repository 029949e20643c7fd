using System.IO.Enumeration;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Queue;

/// <summary>
/// Which queued messages somebody means: those that are all that is set; with nothing set, all. Patterns hold against the whole text, in any case; "*" stands
/// for any characters, "?" for one.
/// </summary>
public sealed record QueueSearch
{
    public static QueueSearch All { get; } = new();

    public MessageId? Id { get; init; }

    public DomainName? Domain { get; init; }

    /// <summary>A pattern of the envelope's sender; "" is the empty one, of notifications.</summary>
    public string? Sender { get; init; }

    /// <summary>A pattern of a recipient whose fate is open.</summary>
    public string? Recipient { get; init; }

    /// <summary>A part of what the last attempt was told of a recipient, such as "4.7.1" or "greylisted".</summary>
    public string? Reply { get; init; }

    /// <summary>A pattern of the tenant; "" is those that have none.</summary>
    public string? Tenant { get; init; }

    /// <summary>A pattern of the campaign; "" is those that have none.</summary>
    public string? Campaign { get; init; }

    public DateTimeOffset? ArrivedBefore { get; init; }

    public bool Matches(QueuedMessage message) =>
        (Id is null || message.Envelope.Id == Id)
        && (Domain is null || message.Domain == Domain)
        && (ArrivedBefore is null || message.Envelope.Arrived < ArrivedBefore)
        && (Tenant is null || Fits(Tenant, message.Envelope.Tenant ?? ""))
        && (Campaign is null || Fits(Campaign, message.Envelope.Campaign ?? ""))
        && (Sender is null || Fits(Sender, message.Envelope.Sender.Text))
        && (Recipient is null || message.Recipients.Any(r => Fits(Recipient, r.Recipient.Address.Text)))
        && (Reply is null || message.Recipients.Any(r => r.LastReply?.ToString().Contains(Reply, StringComparison.OrdinalIgnoreCase) == true));

    private static bool Fits(string pattern, string text) =>
        pattern.Length == 0 ? text.Length == 0 : FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: true);
}
