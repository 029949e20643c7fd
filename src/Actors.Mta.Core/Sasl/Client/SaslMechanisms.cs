namespace Actors.Mta.Core.Sasl.Client;

/// <summary>The mechanisms that this node knows as a client, from the weakest to the strongest.</summary>
[Flags]
public enum SaslMechanisms
{
    None = 0,
    /// <summary>Never standardised (draft-murchison-sasl-login), and all that some servers have.</summary>
    Login = 1,
    /// <summary>RFC 4616.</summary>
    Plain = 2,
    /// <summary>RFC 2195: the password itself is not sent.</summary>
    CramMd5 = 4,
    /// <summary>RFC 5802, 7677: and the server proves that it knows it.</summary>
    ScramSha256 = 8,
}
