using System.Security.Cryptography;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Tests.Spool;

/// <summary>A directory of its own for one test.</summary>
internal sealed class SpoolDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("spool-").FullName;

    public SpoolOptions Options => new(Path) { SegmentBytes = 64 * 1024, LargeBody = 32 * 1024, CacheBytes = 1024 * 1024 };

    public string[] Segments => [.. Directory.GetFiles(Path, "segment-*.spool").Order(StringComparer.Ordinal)];

    public string[] LargeFiles => Directory.GetFiles(System.IO.Path.Combine(Path, "large"));

    /// <summary>What a crash at this moment would leave.</summary>
    public SpoolDirectory Copy()
    {
        var copy = new SpoolDirectory();
        foreach (var source in Directory.GetFiles(Path, "*", SearchOption.AllDirectories))
        {
            var target = System.IO.Path.Combine(copy.Path, System.IO.Path.GetRelativePath(Path, source));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            using var from = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var to = File.Create(target);
            from.CopyTo(to);
        }
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class Bodies
{
    private static readonly DateTimeOffset Arrived = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static MessageId NewId() => MessageId.Create(Arrived, RandomNumberGenerator.GetBytes(10));

    public static byte[] Random(int length) => RandomNumberGenerator.GetBytes(length);

    public static async Task<byte[]> ReadAsync(this ISpool spool, MessageId id)
    {
        using var body = await spool.OpenAsync(id);
        return await body.ToArrayAsync();
    }

    public static async Task<byte[]> ToArrayAsync(this ISpoolBody body)
    {
        var content = new byte[body.Length];
        for (var read = 0; read < content.Length;)
        {
            var count = await body.ReadAsync(read, content.AsMemory(read));
            Assert.NotEqual(0, count);
            read += count;
        }
        Assert.Equal(0, await body.ReadAsync(content.Length, new byte[1]));
        return content;
    }

    public static Task<bool> HasAsync(this ISpool spool, MessageId id) => Task.Run(async () =>
    {
        try
        {
            using var body = await spool.OpenAsync(id);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    });
}
