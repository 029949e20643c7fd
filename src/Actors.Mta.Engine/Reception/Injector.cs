using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Persistence;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>
/// Spools messages and has an <see cref="InjectionActor"/> queue them. The ids of a request that has a key are written down before: what comes again after a
/// crash is queued under the same ids, which the queue takes once.
/// </summary>
internal sealed class Injector(ActorSystem system, ReceptionParts parts, IRequestKeys keys) : IInjector
{
    /// <summary>Messages that are made and spooled at a time: each is in memory as a whole.</summary>
    private const int AtOnce = 32;
    /// <summary>To spool all messages of a request. With the time for the queue to answer, shorter than a claim lasts.</summary>
    private static readonly TimeSpan SpoolPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromSeconds(5);
    private static readonly SmtpReply NotStored = SmtpReply.Of(451, "4.3.0", "Message could not be stored, try again later");
    private static readonly SmtpReply TooSlow = SmtpReply.Of(451, "4.3.0", "Messages could not be stored in time, try again later");

    private TimeSpan EnqueuePatience => parts.Settings.Queue.EnqueueTimeout;

    public DateTimeOffset LatestDue => parts.Now + parts.Settings.Retry.Default.ExpireAfter / 2;

    public async Task<InjectionResult> InjectAsync(IReadOnlyList<InjectedMail> mails, InjectionKey? key)
    {
        if (parts.Busy() is { } busy) return Refused(mails, busy);
        var ids = mails.Select(_ => parts.NewId()).ToImmutableArray();
        if (key is null) return await QueueAsync(mails, ids, again: false, null);
        var now = parts.Now;
        var claim = await keys.ClaimAsync(key.Text, key.Digest, ids, now, now - (SpoolPatience + EnqueuePatience + 2 * AnswerMargin));
        if (!claim.Digest.AsSpan().SequenceEqual(key.Digest)) throw new InjectionKeyException("the idempotency key was used for another request");
        return claim.State switch
        {
            RequestState.Busy => throw new InjectionKeyException("a request with this idempotency key is just being worked on; ask again later"),
            RequestState.Done => new InjectionResult([.. mails.Zip(claim.Ids, (m, id) => Judge(m, id).Message)], Repeated: true),
            var state => await QueueAsync(mails, claim.Ids, again: state == RequestState.Abandoned, key),
        };
    }

    private async Task<InjectionResult> QueueAsync(IReadOnlyList<InjectedMail> mails, ImmutableArray<MessageId> ids, bool again, InjectionKey? key)
    {
        var until = parts.Now + SpoolPatience;
        var taken = new (InjectedMessage Message, PendingEnqueue? Pending)[mails.Count];
        await Parallel.ForAsync(0, mails.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
            taken[i] = parts.Now < until ? await TakeAsync(mails[i], ids[i], again) : (Failed(ids[i], TooSlow), null));
        // Late, and perhaps somebody else has the claim by now.
        if (parts.Now >= until) taken = [.. taken.Select(t => t.Pending is null ? t : (Failed(t.Message.Id, TooSlow), null))];
        var pending = taken.Select(t => t.Pending).OfType<PendingEnqueue>().ToImmutableArray();
        var refused = pending.Length == 0 ? ImmutableDictionary<MessageId, SmtpReply>.Empty : await AskAsync(pending, mails[0].User);
        await SettleAsync(ids, pending.Where(p => refused.ContainsKey(p.Envelope.Id)).ToList(), taken.Any(t => IsTransient(t.Message)), key);
        return new InjectionResult([.. taken.Select(t => refused.TryGetValue(t.Message.Id, out var reply) ? Failed(t.Message.Id, reply) : t.Message)], Repeated: false);
    }

    /// <returns>What the queue did not take, and why.</returns>
    private async Task<ImmutableDictionary<MessageId, SmtpReply>> AskAsync(ImmutableArray<PendingEnqueue> pending, string? user)
    {
        var actor = system.ActorOf(ActorProps.Of(() => new InjectionActor(parts, pending, user)));
        return (await actor.Ask<InjectionActor.Done>(InjectionActor.Begin.Instance, EnqueuePatience + AnswerMargin)).Refused;
    }

    /// <summary>
    /// What was refused is taken out again, as nobody was told that it is queued. First its key is given other ids: under these, the queue would take the
    /// request that comes again for one that it has had.
    /// </summary>
    private async Task SettleAsync(ImmutableArray<MessageId> ids, List<PendingEnqueue> refused, bool transient, InjectionKey? key)
    {
        if (key is not null)
        {
            var anew = refused.Select(p => p.Envelope.Id).ToHashSet();
            var done = anew.Count == 0 && !transient;
            await keys.SettleAsync(key.Text, [.. ids.Select(id => anew.Contains(id) ? parts.NewId() : id)], done);
        }
        foreach (var part in refused.SelectMany(p => p.Parts))
            parts.Region.Tell(new DeliveryProtocol.Withdraw(part.Partition, [.. part.Messages.Select(m => m.Key)]));
    }

    private static bool IsTransient(InjectedMessage message) =>
        message.Refusal is { IsTransient: true } || !message.Queued && message.Refused.Any(r => r.Reply.IsTransient);

    /// <summary>Spools a message, unless an earlier try has.</summary>
    private async Task<(InjectedMessage, PendingEnqueue?)> TakeAsync(InjectedMail mail, MessageId id, bool again)
    {
        var (message, targets) = Judge(mail, id);
        if (targets.Count == 0) return (message, null);
        var now = parts.Now;
        var settings = parts.Settings;
        var completion = new HeaderCompletion(Rfc5322Date(now), $"<{id}@{settings.Hostname}>");
        var scanner = new BodyScanner(BareNewline.Normalise, settings.Session.Limits, completion, tags: settings.Session.Tags);
        var content = mail.Content();
        var octets = new ArrayBufferWriter<byte>(content.Length + 1024);
        octets.Write(Encoding.ASCII.GetBytes($"Received: by {settings.Hostname} (HTTP) id {id};\r\n\t{Rfc5322Date(now)}\r\n"));
        scanner.ReadChunk(content, octets);
        scanner.EndChunks(octets);
        if (scanner.Refusal is { } refusal) return (Failed(id, refusal), null);

        var eightBit = octets.WrittenSpan.IndexOfAnyExceptInRange((byte)0, (byte)127) >= 0;
        var utf8 = !mail.Sender.IsAscii || targets.Any(t => !t.Address.IsAscii);
        var (values, size) = (parts.Values, octets.WrittenCount);
        var envelope = new Core.Mail.Envelope(
            id, values.Address(mail.Sender), now, size, eightBit ? BodyType.EightBitMime : BodyType.SevenBit, utf8, Client: values.Text(mail.Client),
            Tenant: values.Text(mail.Tenant ?? scanner.Tenant), Campaign: values.Text(mail.Campaign ?? scanner.Campaign));
        var pending = PendingEnqueue.Of(envelope, targets, parts, mail.Due);
        try
        {
            if (!again || !await IsThereAsync(id)) await StoreAsync(id, octets.WrittenMemory);
            await parts.Spool.AdoptAsync(id, pending.Messages);
            return (message, pending);
        }
        catch (IOException e)
        {
            parts.Log.SpoolFailed(id, e.Message);
            if (!again) parts.Spool.Discard(id);
            return (Failed(id, NotStored), null);
        }
    }

    private async Task StoreAsync(MessageId id, ReadOnlyMemory<byte> content)
    {
        if (content.Length <= parts.Settings.Spool.LargeBody)
        {
            await parts.Spool.StoreAsync(id, content);
            return;
        }
        await using var upload = await parts.Spool.BeginAsync(id);
        await upload.AppendAsync(content);
        await upload.CommitAsync();
    }

    private async Task<bool> IsThereAsync(MessageId id)
    {
        try
        {
            using var body = await parts.Spool.OpenAsync(id);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>As of the book in force: who is accepted, and who gets it instead.</summary>
    private (InjectedMessage Message, List<Recipient> Targets) Judge(InjectedMail mail, MessageId id)
    {
        var accepted = ImmutableArray.CreateBuilder<string>();
        var refused = ImmutableArray.CreateBuilder<RefusedRecipient>();
        var targets = new List<Recipient>();
        foreach (var recipient in mail.Recipients)
        {
            switch (parts.Decide(recipient, true))
            {
                case RecipientVerdict.Accepted a:
                    accepted.Add(recipient.Address.Text);
                    targets.AddRange(a.Targets);
                    break;
                case RecipientVerdict.Refused r:
                    refused.Add(new RefusedRecipient(recipient.Address.Text, r.Reply));
                    break;
            }
        }
        return (new InjectedMessage(id, accepted.DrainToImmutable(), refused.DrainToImmutable(), null), targets);
    }

    private static InjectionResult Refused(IReadOnlyList<InjectedMail> mails, SmtpReply reply) => new([.. mails.Select(_ => Failed(default, reply))], Repeated: false);

    private static InjectedMessage Failed(MessageId id, SmtpReply why) => new(id, [], [], why);

    private static string Rfc5322Date(DateTimeOffset time) => time.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000";
}
