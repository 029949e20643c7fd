using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Sasl;

/// <summary>What a step of a SASL exchange (RFC 4422) came to, for the dialogue.</summary>
public abstract record SaslResult
{
    private SaslResult() { }

    /// <summary>The client is to answer this (334); octets before base64, may be empty.</summary>
    public sealed record Challenge(ReadOnlyMemory<byte> Octets) : SaslResult;

    /// <summary>Logged in (235 2.7.0).</summary>
    public sealed record Succeeded(UserAccount User) : SaslResult;

    /// <param name="Reply">535 5.7.8 wrong credentials, 454 4.7.0 cannot be checked now, 501 5.5.2 not as the mechanism asks, 421 4.7.0 blocked.</param>
    public sealed record Refused(SmtpReply Reply) : SaslResult;
}
