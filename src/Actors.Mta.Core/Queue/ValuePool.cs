using System.Diagnostics.CodeAnalysis;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Queue;

/// <summary>
/// Gives equal texts and equal replies one instance: domains, senders, clients and replies repeat from message to message, and a
/// million of them stay in memory. A fixed table with two places for each hash, in which a new value takes the place of the older one; a race or a
/// collision of three costs a copy, never a wrong value. For any number of threads.
/// </summary>
public sealed class ValuePool
{
    private const int Slots = 8192;
    private const int LongestText = 256;

    private readonly string?[] _texts = new string?[Slots];
    private readonly SmtpReply?[] _replies = new SmtpReply?[Slots];

    [return: NotNullIfNotNull(nameof(text))]
    public string? Text(string? text)
    {
        if (text is null || text.Length > LongestText) return text;
        return Find(_texts, text.GetHashCode() & (Slots - 1), text);
    }

    public SmtpReply Reply(SmtpReply reply) => Find(_replies, reply.GetHashCode() & (Slots - 1), reply);

    private static T Find<T>(T?[] slots, int at, T value) where T : class
    {
        if (slots[at] is { } newer && newer.Equals(value)) return newer;
        if (slots[at ^ 1] is { } older && older.Equals(value)) return older;
        slots[at ^ 1] = slots[at];
        return slots[at] = value;
    }

    public DomainName Domain(DomainName domain) => domain == default ? domain : DomainName.FromCanonical(Text(domain.Value));

    public EmailAddress Address(EmailAddress address) => address.IsNull ? address : address.WithText(Text(address.Text));

    /// <summary>What stays in memory with a message that waits for its next attempt.</summary>
    public RecipientResult Result(RecipientResult result) =>
        result.Fate == RecipientFate.Open ? result with { Reply = Reply(result.Reply), Host = Text(result.Host) } : result;
}
