using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// Gives equal strings and equal replies one instance while rows are read: domains, senders and replies repeat from
/// message to message, and a million of them stay in memory. A fixed table in which a newer value takes an older one's
/// place; a race or a collision costs a copy, never a wrong value.
/// </summary>
internal sealed class WirePool
{
    private const int Slots = 8192;
    private const int LongestText = 256;

    private readonly string?[] _texts = new string?[Slots];
    private readonly SmtpReply?[] _replies = new SmtpReply?[Slots];

    public string Text(string text)
    {
        if (text.Length > LongestText) return text;
        ref var slot = ref _texts[text.GetHashCode() & (Slots - 1)];
        if (slot is { } known && known == text) return known;
        return slot = text;
    }

    public SmtpReply Reply(SmtpReply reply)
    {
        ref var slot = ref _replies[reply.GetHashCode() & (Slots - 1)];
        if (slot is { } known && known.Equals(reply)) return known;
        return slot = reply;
    }
}
