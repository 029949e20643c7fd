using System.Collections.Immutable;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// Which certificates a node shows; the first is the default for clients that name no server, or one we have none for.
/// </summary>
public sealed record CertificateOptions(ImmutableArray<CertificateSource> Sources)
{
    /// <summary>How often the files are looked at for changes.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Where one certificate comes from: PEM (leaf first, then its intermediates) or PFX.</summary>
/// <param name="File">The certificate with its chain; a PFX, or a PEM that may hold the key as well.</param>
/// <param name="KeyFile">The PEM of the private key; null when it is in <paramref name="File"/>.</param>
/// <param name="Password">Of an encrypted key or a PFX; null when there is none.</param>
public sealed record CertificateSource(string File, string? KeyFile = null, string? Password = null)
{
    /// <summary>Without the password, so that it reaches no log.</summary>
    public override string ToString() => KeyFile is null ? File : $"{File} with {KeyFile}";
}
