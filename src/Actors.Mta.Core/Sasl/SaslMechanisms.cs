using System.Collections.Immutable;

namespace Actors.Mta.Core.Sasl;

/// <summary>The SASL mechanisms that this server has, by their registered names, and what each of them asks for.</summary>
public static class SaslMechanisms
{
    public const string Plain = "PLAIN";
    public const string Login = "LOGIN";
    public const string CramMd5 = "CRAM-MD5";
    public const string ScramSha256 = "SCRAM-SHA-256";
    public const string ScramSha256Plus = "SCRAM-SHA-256-PLUS";

    /// <summary>Strongest first.</summary>
    public static ImmutableArray<string> Known { get; } = [ScramSha256Plus, ScramSha256, CramMd5, Plain, Login];

    /// <summary>
    /// The password, or a token that is as good (RFC 7628 4), goes over the wire: only under TLS (RFC 4954 4). Among them mechanisms
    /// that only a Dovecot behind this server may have.
    /// </summary>
    public static bool IsPlaintext(string mechanism) => mechanism is Plain or Login or "OAUTHBEARER" or "XOAUTH2";

    /// <summary>The server cannot do without the password as it is: a hash or verifier is not enough.</summary>
    public static bool NeedsPlainSecret(string mechanism) => mechanism is CramMd5;

    /// <summary>The exchange is bound to the TLS channel (RFC 5056): only under TLS whose binding is known.</summary>
    public static bool BindsChannel(string mechanism) => mechanism.EndsWith("-PLUS", StringComparison.Ordinal);
}
