using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Actors.Mta.Core.Dsn;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Maildrop;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Reception;

/// <summary>Moves one file of the maildrop into the spool: Received in front, bare CR and LF made CRLF, recipients asked for.</summary>
internal static class PickupIntake
{
    private const int Piece = 64 * 1024;

    public static async Task<PickedUp> ReadAsync(MessageId id, PickupParts parts)
    {
        try
        {
            using var message = parts.Maildrop.Open(id);
            return await StoreAsync(id, message, parts);
        }
        catch (FormatException e)
        {
            return new PickedUp.Unusable(id, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new PickedUp.Later(id, e.Message);
        }
    }

    private static async Task<PickedUp> StoreAsync(MessageId file, MaildropMessage message, PickupParts parts)
    {
        var accepted = new List<Recipient>();
        var refused = new List<(Recipient Recipient, SmtpReply Reply)>();
        foreach (var recipient in message.Recipients)
        {
            switch (parts.Verdict(recipient))
            {
                case RecipientVerdict.Accepted a: accepted.AddRange(a.Targets); break;
                case RecipientVerdict.Refused { Reply.IsTransient: true } r: return new PickedUp.Later(file, $"{recipient.Address.Text}: {r.Reply}");
                case RecipientVerdict.Refused r: refused.Add((recipient, r.Reply)); break;
            }
        }
        var now = parts.Reception.Now;
        var (id, mail) = (message.Id, message.Mail);
        var scanner = new BodyScanner(BareNewline.Normalise, parts.Limits, tags: parts.Reception.Settings.Session.Tags);
        var size = await SpoolAsync(message, scanner, parts);
        if (scanner.Refusal is { } refusal) return new PickedUp.Unusable(file, refusal.ToString());

        var envelope = new Core.Mail.Envelope(id, mail.Sender, now, size, mail.Body, mail.SmtpUtf8, mail.Return, mail.EnvelopeId, "local", scanner.Tenant, scanner.Campaign);
        var pending = ImmutableArray.CreateBuilder<PendingEnqueue>();
        if (accepted.Count > 0) pending.Add(PendingEnqueue.Of(envelope, accepted, parts.Reception));
        else parts.Reception.Spool.Discard(id);
        if (await NotifyAsync(envelope, refused, parts) is { } notification) pending.Add(notification);
        foreach (var one in pending) await parts.Reception.Spool.AdoptAsync(one.Envelope.Id, one.Messages);
        return new PickedUp.Stored(file, pending.ToImmutable());
    }

    /// <returns>Octets of the stored message.</returns>
    private static async Task<long> SpoolAsync(MaildropMessage message, BodyScanner scanner, PickupParts parts)
    {
        var (id, spool) = (message.Id, parts.Reception.Spool);
        var trace = Trace(id, parts);
        // The same file again after a crash, or after the queue was asked in vain: its body may be there already.
        var stored = await LengthOfAsync(id, spool);
        var buffer = new ArrayBufferWriter<byte>(Piece);
        buffer.Write(trace);
        ISpoolUpload? upload = null;
        try
        {
            var piece = new byte[Piece];
            while (message.Read(piece) is var read and > 0 && scanner.Refusal is null)
            {
                scanner.ReadChunk(piece.AsSpan(0, read), buffer);
                if (stored is not null) buffer.Clear();
                if (buffer.WrittenCount <= parts.Reception.Settings.Spool.LargeBody) continue;
                upload ??= await spool.BeginAsync(id);
                await upload.AppendAsync(buffer.WrittenMemory);
                buffer.Clear();
            }
            scanner.EndChunks(buffer);
            if (stored is { } length) return length;
            if (scanner.Refusal is not null) return 0;
            if (upload is null)
            {
                await spool.StoreAsync(id, buffer.WrittenMemory);
            }
            else
            {
                await upload.AppendAsync(buffer.WrittenMemory);
                await upload.CommitAsync();
            }
            return trace.Length + scanner.Size;
        }
        finally
        {
            if (upload is not null) await upload.DisposeAsync();
        }
    }

    private static async Task<long?> LengthOfAsync(MessageId id, ISpool spool)
    {
        try
        {
            using var body = await spool.OpenAsync(id);
            return body.Length;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static byte[] Trace(MessageId id, PickupParts parts) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"Received: by {parts.Reception.Settings.Hostname} (local) id {id};\r\n\t{parts.Reception.Now.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n"));

    /// <summary>
    /// Tells the sender who of the recipients is refused; its program has ended long ago. The notification's id follows from the
    /// message's, so that it is the same when the file is read again.
    /// </summary>
    private static async Task<PendingEnqueue?> NotifyAsync(
        Core.Mail.Envelope original, List<(Recipient Recipient, SmtpReply Reply)> refused, PickupParts parts)
    {
        foreach (var (recipient, reply) in refused) parts.Reception.Log.PickupRefused(original.Id, recipient.Address.Text, reply.ToString());
        var told = refused.Where(r => r.Recipient.Notify is DsnNotify.Unspecified || r.Recipient.Notify.HasFlag(DsnNotify.Failure)).ToList();
        if (original.Sender.IsNull || told.Count == 0) return null;
        var id = new MessageId(original.Id.High, original.Id.Low ^ 1);
        var report = new DsnReport(
            id, parts.Reception.Settings.Hostname, parts.Reception.Now, original,
            [.. told.Select(r => new DsnRecipient(r.Recipient, DsnAction.Failed, r.Reply, null, null, null))], ReadOnlyMemory<byte>.Empty, false);
        var octets = DsnWriter.Write(report);
        if (await LengthOfAsync(id, parts.Reception.Spool) is null) await parts.Reception.Spool.StoreAsync(id, octets);
        var envelope = new Core.Mail.Envelope(
            id, EmailAddress.Null, report.Now, octets.Length, BodyType.EightBitMime, DsnWriter.NeedsUtf8(report), Client: "local");
        return PendingEnqueue.Of(envelope, [new Recipient(original.Sender, DsnNotify.Never)], parts.Reception);
    }
}
