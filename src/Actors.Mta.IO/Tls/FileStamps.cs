using System.Collections.Immutable;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// By what a change of files shows: where links lead to, when it was written, how long it is. Missing files have a stamp too.
/// </summary>
internal sealed class FileStamps : IEquatable<FileStamps>
{
    private readonly ImmutableArray<Stamp> _stamps;

    private FileStamps(ImmutableArray<Stamp> stamps) => _stamps = stamps;

    public static FileStamps Of(IEnumerable<CertificateSource> sources) =>
        new([.. sources.SelectMany(s => s.KeyFile is null ? new[] { s.File } : [s.File, s.KeyFile]).Select(Look)]);

    public bool Equals(FileStamps? other) => other is not null && _stamps.SequenceEqual(other._stamps);

    public override bool Equals(object? obj) => Equals(obj as FileStamps);

    public override int GetHashCode() => _stamps.IsEmpty ? 0 : _stamps[0].GetHashCode();

    private static Stamp Look(string path)
    {
        try
        {
            // Certbot's "live" files are links that move to the next file.
            var file = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
            return new Stamp(file.FullName, file.LastWriteTimeUtc, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Stamp(path, default, -1);
        }
    }

    private readonly record struct Stamp(string Target, DateTime Written, long Length);
}
