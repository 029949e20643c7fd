namespace Actors.Mta.Core.Smtp;

/// <summary>The service extensions of this server, by which it announces, and honours, parameters and commands.</summary>
[Flags]
public enum SmtpExtensions
{
    None = 0,
    /// <summary>RFC 2920.</summary>
    Pipelining = 1,
    /// <summary>RFC 1870.</summary>
    Size = 2,
    /// <summary>RFC 6152.</summary>
    EightBitMime = 4,
    /// <summary>RFC 6531; needs 8BITMIME.</summary>
    SmtpUtf8 = 8,
    /// <summary>RFC 2034.</summary>
    EnhancedStatusCodes = 16,
    /// <summary>RFC 3030, BDAT without BINARYMIME.</summary>
    Chunking = 32,
    /// <summary>RFC 3461.</summary>
    Dsn = 64,
    /// <summary>RFC 9422.</summary>
    Limits = 128,
    /// <summary>HELP of RFC 5321 4.1.1.8.</summary>
    Help = 256,
    /// <summary>RFC 3207; where the policy offers it and TLS does not stand yet.</summary>
    StartTls = 512,
    /// <summary>RFC 4954; where there is a mechanism that the client may use as things stand.</summary>
    Auth = 1024,
    /// <summary>Postfix's XCLIENT; to peers that may say it.</summary>
    Xclient = 2048,
}
