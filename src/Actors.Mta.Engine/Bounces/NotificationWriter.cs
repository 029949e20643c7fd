using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Bounces;

/// <summary>Reads the original from the spool, has Core write the notification, and stores it.</summary>
internal static class NotificationWriter
{
    /// <summary>More of an original's header than this is not returned.</summary>
    private const int MostHeader = 64 * 1024;

    public sealed record Written((MessageId, DsnAction) Key, QueuedMessage Message);

    public sealed record NotWritten((MessageId, DsnAction) Owed, string Reason);

    public static async Task<object> WriteAsync(IReadOnlyList<PartitionProtocol.NotificationOwed> owed, DeliveryParts parts)
    {
        var first = owed[0];
        var original = first.Message.Envelope;
        var key = (original.Id, first.Action);
        try
        {
            var (content, complete) = await ReadOriginalAsync(original, first.Action, parts);
            var id = IdOf(owed);
            var report = new DsnReport(id, parts.Settings.Hostname, parts.Now, original, Recipients(owed), content, complete);
            var octets = DsnWriter.Write(report);
            // Asked for again after a crash, it may be in the spool and in the queue already: as it was written then, perhaps in other words.
            if (await StoredSizeAsync(id, parts) is { } size) return new Written(key, Enqueueable(report, size));
            await parts.Spool.StoreAsync(id, octets);
            await parts.Spool.AdoptAsync(id, 1);
            return new Written(key, Enqueueable(report, octets.Length));
        }
        catch (IOException e)
        {
            return new NotWritten(key, e.Message);
        }
    }

    /// <summary>Octets; null when it is not in the spool.</summary>
    private static async Task<long?> StoredSizeAsync(MessageId id, DeliveryParts parts)
    {
        try
        {
            using var body = await parts.Spool.OpenAsync(id);
            return body.Length;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static QueuedMessage Enqueueable(DsnReport report, long size)
    {
        var reader = report.Original.Sender;
        var envelope = new Envelope(
            report.Id, EmailAddress.Null, report.Now, size, BodyType.EightBitMime, DsnWriter.NeedsUtf8(report), Client: "local");
        return QueuedMessage.New(envelope, reader.Domain, [new Recipient(reader, DsnNotify.Never)]);
    }

    private static ImmutableArray<DsnRecipient> Recipients(IReadOnlyList<PartitionProtocol.NotificationOwed> owed) =>
        [.. from o in owed
            from r in o.Message.Recipients
            where o.Ordinals.Contains(r.Ordinal)
            select new DsnRecipient(
                r.Recipient, o.Action, r.LastReply ?? Core.Smtp.SmtpReply.Of(451, "4.0.0", "not tried yet"), r.LastHost,
                o.Message.LastAttempt, o.RetryUntil)];

    /// <summary>The whole original when the sender asked for it, it is small, and delivery failed (RFC 3461 6.2); else its header.</summary>
    private static async Task<(ReadOnlyMemory<byte> Content, bool Complete)> ReadOriginalAsync(Envelope original, DsnAction action, DeliveryParts parts)
    {
        var whole = action == DsnAction.Failed && original.Return == DsnReturn.Full && original.Size <= parts.Settings.Dsn.ReturnFullUpTo;
        try
        {
            using var body = await parts.Spool.OpenAsync(original.Id);
            if (body.TryGetMemory(out var memory)) return whole ? (memory.ToArray(), true) : (DsnWriter.HeaderOf(memory).ToArray(), false);
            var buffer = new byte[Math.Min(body.Length, whole ? body.Length : MostHeader)];
            var read = 0;
            while (read < buffer.Length && await body.ReadAsync(read, buffer.AsMemory(read)) is var n and > 0) read += n;
            return whole ? (buffer, true) : (DsnWriter.HeaderOf(buffer.AsMemory(0, read)), false);
        }
        catch (FileNotFoundException)
        {
            // That the original is gone is one more reason to tell its sender.
            return (ReadOnlyMemory<byte>.Empty, false);
        }
    }

    /// <summary>
    /// The same for the same recipients and action, so that a notification that is asked for again after a crash finds the
    /// one already queued: Enqueue is idempotent by id.
    /// </summary>
    private static MessageId IdOf(IReadOnlyList<PartitionProtocol.NotificationOwed> owed)
    {
        var names = owed.SelectMany(o => o.Ordinals.Select(i => $"{o.Message.Key}/{i}/{o.Action}")).Order(StringComparer.Ordinal);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', names)));
        var original = owed[0].Message.Envelope.Id;
        return new MessageId(
            (original.High & ~0xFFFFul) | BinaryPrimitives.ReadUInt16BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash.AsSpan(2)));
    }
}
