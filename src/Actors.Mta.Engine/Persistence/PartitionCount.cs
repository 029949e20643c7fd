using System.Globalization;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// The number of partitions that a data directory was made with. Which partition a domain's mail is in follows from that
/// number, so a node that started with another one would not find what is queued.
/// </summary>
public static class PartitionCount
{
    private const string FileName = "partitions";

    /// <summary>Writes the number into a new data directory, compares it in an old one.</summary>
    /// <exception cref="InvalidOperationException">The directory was made with another number; the message says what to do.</exception>
    /// <exception cref="IOException">The directory cannot be read or written.</exception>
    public static void Check(string dataDirectory, int count)
    {
        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            Create(path, count);
            return;
        }
        var text = File.ReadAllText(path).Trim();
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var recorded))
            throw new InvalidOperationException($"{path} should hold the number of queue partitions but holds '{text}'.");
        if (recorded != count)
            throw new InvalidOperationException(
                $"The queue in {dataDirectory} has {recorded} partitions, but mta.queue.partitions is {count}. "
                + $"Set mta.queue.partitions = {recorded}, or deliver what is queued and start with a new mta.data directory.");
    }

    /// <summary>The same for a cluster, whose queue is in the database: the first node writes the number, the others compare it.</summary>
    /// <exception cref="InvalidDataException">The cluster has another number; the message says what to do.</exception>
    /// <exception cref="IOException">The database does not answer.</exception>
    internal static async Task CheckAsync(ClusterTables tables, int count)
    {
        var recorded = await tables.AgreeAsync(FileName, count.ToString(CultureInfo.InvariantCulture));
        if (recorded != count.ToString(CultureInfo.InvariantCulture))
            throw new InvalidDataException(
                $"The cluster's queue has {recorded} partitions, but mta.queue.partitions is {count}. Set mta.queue.partitions = {recorded} in all nodes.");
    }

    // Whole or not at all: a crash must not leave an empty file.
    private static void Create(string path, int count)
    {
        var temporary = path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture) + "\n"));
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }
}
