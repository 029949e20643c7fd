namespace Actors.Mta.Core.Mail;

/// <summary>
/// What MAIL FROM and the reception said of a message; shared by all its recipients. The body is in the spool under <see cref="Id"/>.
/// </summary>
/// <param name="Sender">Reverse-path; null for notifications.</param>
/// <param name="Size">Octets of the stored message, trace header included.</param>
/// <param name="Body">What the message needs of a transport (RFC 6152).</param>
/// <param name="SmtpUtf8">True when the client asked for SMTPUTF8 (RFC 6531).</param>
/// <param name="Return">RET of RFC 3461.</param>
/// <param name="EnvelopeId">ENVID of RFC 3461 in xtext as received; null when absent.</param>
/// <param name="Client">Who handed the message in, for logs: "192.0.2.1 (client.test)" or "local".</param>
/// <param name="Tenant">For whom it is sent, so that an operator can find it by that; null when nobody said (<see cref="MessageTag"/>).</param>
/// <param name="Campaign">As part of which mailing; null when nobody said.</param>
public sealed record Envelope(
    MessageId Id,
    EmailAddress Sender,
    DateTimeOffset Arrived,
    long Size,
    BodyType Body = BodyType.SevenBit,
    bool SmtpUtf8 = false,
    DsnReturn Return = DsnReturn.Unspecified,
    string? EnvelopeId = null,
    string? Client = null,
    string? Tenant = null,
    string? Campaign = null)
{
    private readonly long _arrived = Arrived.UtcTicks;

    public DateTimeOffset Arrived
    {
        get => new(_arrived, TimeSpan.Zero);
        init => _arrived = value.UtcTicks;
    }
}

/// <summary>BODY= of RFC 6152.</summary>
public enum BodyType : byte { SevenBit, EightBitMime }

/// <summary>RET= of RFC 3461 4.3.</summary>
public enum DsnReturn : byte { Unspecified, Full, Headers }

/// <summary>NOTIFY= of RFC 3461 4.1. <see cref="Unspecified"/> means the default: failures, and delays where the operator asks for them.</summary>
[Flags]
public enum DsnNotify { Unspecified = 0, Never = 1, Success = 2, Failure = 4, Delay = 8 }

/// <summary>One RCPT TO.</summary>
/// <param name="OriginalRecipient">ORCPT of RFC 3461 4.2 as received ("rfc822;xtext"); null when absent.</param>
public sealed record Recipient(EmailAddress Address, DsnNotify Notify = DsnNotify.Unspecified, string? OriginalRecipient = null);
