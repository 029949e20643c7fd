using System.Collections.Immutable;

namespace Actors.Mta.IO.Tls;

/// <summary>What an operator wants to know of a certificate.</summary>
/// <param name="Names">DNS names that it is for, lower case; wildcards as "*.example.test".</param>
public sealed record CertificateFacts(
    string File, ImmutableArray<string> Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter, bool SelfSigned);
