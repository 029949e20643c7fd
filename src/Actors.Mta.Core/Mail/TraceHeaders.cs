using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Mail;

/// <summary>The Received field (RFC 5321 4.4) that goes in front of a message.</summary>
public static class TraceHeaders
{
    /// <summary>
    /// "Received: from CLIENT ([ip]) by HOST with ESMTP id ID for &lt;rcpt&gt;; date", folded, ended by CRLF. The "for" clause only for
    /// a single recipient. "with" by RFC 3848 and 6531: SMTP, ESMTP, ESMTPS, UTF8SMTP, UTF8SMTPS.
    /// What a client said is escaped so that it cannot end the field.
    /// </summary>
    public static byte[] Received(MessageId id, DialogueState state, SessionFacts facts, string hostname, DateTimeOffset now) =>
        throw new NotImplementedException();
}
