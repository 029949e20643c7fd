using System.Security.Cryptography;

namespace Actors.Mta.IO.Users;

/// <summary>A secret that a node makes once and keeps in its data directory, readable by its own account only.</summary>
public static class NodeSecretFile
{
    private const int Length = 32;

    /// <summary>Reads the secret, or makes one.</summary>
    /// <exception cref="IOException">The file cannot be read or written, or is no secret.</exception>
    public static byte[] ReadOrMake(string path)
    {
        if (!File.Exists(path)) Make(path);
        var secret = File.ReadAllBytes(path);
        return secret.Length == Length ? secret : throw new IOException($"{path} is not {Length} octets long; remove it and a new one is made");
    }

    private static void Make(string path)
    {
        var temporary = path + ".tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Length));
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path);
    }
}
