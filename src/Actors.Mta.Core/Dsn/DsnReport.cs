using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Dsn;

/// <summary>What one delivery status notification (RFC 3464) says.</summary>
/// <param name="Id">Queue id of the notification itself.</param>
/// <param name="Original">Envelope of the message it is about; its sender is the reader.</param>
/// <param name="Content">The original: its header, or all of it when RET asks so and it is small enough.</param>
/// <param name="ContentIsComplete">True when <paramref name="Content"/> is the whole message.</param>
public sealed record DsnReport(
    MessageId Id,
    string ReportingMta,
    DateTimeOffset Now,
    Envelope Original,
    ImmutableArray<DsnRecipient> Recipients,
    ReadOnlyMemory<byte> Content,
    bool ContentIsComplete);

/// <param name="LastAttempt">Null when none was made.</param>
/// <param name="WillRetryUntil">For Delayed only.</param>
public sealed record DsnRecipient(
    Recipient Recipient, DsnAction Action, SmtpReply Reply, string? RemoteHost, DateTimeOffset? LastAttempt, DateTimeOffset? WillRetryUntil);
