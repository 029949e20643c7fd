namespace Actors.Mta.IO.Spool;

/// <summary>Free octets of a file system, asked at most once a second. A file system that does not answer has none.</summary>
internal sealed class FreeSpace(string directory, TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly DriveInfo _drive = new(directory);
    private long _asked;
    private long _octets = -1;

    public long Octets
    {
        get
        {
            var asked = Volatile.Read(ref _asked);
            var known = Volatile.Read(ref _octets);
            if (known >= 0 && time.GetElapsedTime(asked) < Freshness) return known;
            // One caller asks; those beside it take the last answer.
            if (known >= 0 && Interlocked.CompareExchange(ref _asked, time.GetTimestamp(), asked) != asked) return known;
            Volatile.Write(ref _asked, time.GetTimestamp());
            var octets = Ask();
            Volatile.Write(ref _octets, octets);
            return octets;
        }
    }

    private long Ask()
    {
        try
        {
            return _drive.AvailableFreeSpace;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
