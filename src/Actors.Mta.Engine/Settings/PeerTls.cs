using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>mta.cluster.tls and mta.admin.tls: a certificate to show, and the authority that signed those of the others.</summary>
public sealed record PeerTls
{
    public string Certificate { get; init; } = "";
    public string Key { get; init; } = "";
    /// <summary>Empty: others need no certificate.</summary>
    public string Authority { get; init; } = "";

    public bool On => Certificate.Length > 0;

    internal static PeerTls Read(ConfigSection tls) => new()
    {
        Certificate = PathOf(tls, "certificate"),
        Key = PathOf(tls, "key"),
        Authority = PathOf(tls, "authority"),
    };

    private static string PathOf(ConfigSection tls, string key)
    {
        var path = tls.Text(key, "a PEM file, or \"\"");
        return path.Length == 0 ? "" : Path.GetFullPath(path);
    }
}
