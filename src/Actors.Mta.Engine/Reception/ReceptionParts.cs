using System.Security.Cryptography;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Checks;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Events;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Spool;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Reception;

/// <summary>What the session actors work with. One instance a node.</summary>
internal sealed record ReceptionParts(
    MtaSettings Settings, ISpool Spool, IActorRef Region, QueueDepth Depth, TimeProvider Clock, ILogger Log)
{
    /// <summary>Null: nobody can log in.</summary>
    public IAuthenticator? Authenticator { get; init; }
    public required SubmissionQuotas Quotas { get; init; }
    /// <summary>Asked of the address book in force: the recipient, and whether the client may send to anywhere.</summary>
    public required Func<Recipient, bool, RecipientVerdict> Decide { get; init; }
    public required IReceptionChecks Checks { get; init; }
    /// <summary>Where it is written what comes in.</summary>
    public EventRecorder Events { get; init; } = EventRecorder.Off;
    /// <summary>Asked before each message.</summary>
    public Func<bool> IsShortOfMemory { get; init; } = static () => false;
    /// <summary>How soon a partition that has not answered is asked again; up to mta.queue.enqueue-timeout in all.</summary>
    public TimeSpan AskAgainAfter { get; init; } = Settings.Queue.EnqueueTimeout;
    /// <summary>What many messages say alike is kept once.</summary>
    public ValuePool Values { get; } = new();

    public DateTimeOffset Now => Clock.GetUtcNow();

    public MessageId NewId()
    {
        Span<byte> entropy = stackalloc byte[10];
        RandomNumberGenerator.Fill(entropy);
        return MessageId.Create(Now, entropy);
    }

    /// <summary>Null when a new message may come in; else why not now: 452 4.3.1 (RFC 5321 4.2.2: insufficient system storage).</summary>
    public SmtpReply? Busy()
    {
        if (Depth.Messages >= Settings.Queue.MaxMessages) return QueueFull;
        if (IsShortOfMemory()) return MemoryShort;
        return Spool.Status.FreeBytes < Settings.Queue.MinimumFreeBytes ? DiskFull : null;
    }

    private static readonly SmtpReply QueueFull = SmtpReply.Of(452, "4.3.1", "Queue is full, try again later");
    private static readonly SmtpReply MemoryShort = SmtpReply.Of(452, "4.3.1", "Insufficient memory, try again later");
    private static readonly SmtpReply DiskFull = SmtpReply.Of(452, "4.3.1", "Insufficient system storage, try again later");
}
