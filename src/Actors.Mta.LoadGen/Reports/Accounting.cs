using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Reports;

/// <summary>Lays what was accepted beside what arrived, copy by copy.</summary>
public static class Accounting
{
    /// <param name="queued">Copies that the node says it still has.</param>
    /// <param name="unlisted">How many more it says it has, without saying which.</param>
    public static Account Of(IEnumerable<SourceRecord> sources, SinkRecord sink, IEnumerable<long> queued, long unlisted = 0)
    {
        HashSet<long> accepted = [.. sources.SelectMany(s => CopyRanges.Read(s.Accepted))];
        HashSet<long> doubtful = [.. sources.SelectMany(s => CopyRanges.Read(s.InDoubt))];
        HashSet<long> delivered = [.. CopyRanges.Read(sink.Delivered)];
        HashSet<long> reported = [.. CopyRanges.Read(sink.Reported)];
        HashSet<long> waiting = [.. queued];
        var (arrived, bounced, kept, lost) = (0L, 0L, 0L, 0L);
        foreach (var copy in accepted)
        {
            if (delivered.Contains(copy)) arrived++;
            else if (reported.Contains(copy)) bounced++;
            else if (waiting.Contains(copy)) kept++;
            else lost++;
        }
        // Of these only the number is known: as many of those that are nowhere else may be among them.
        var counted = Math.Min(lost, unlisted);
        (kept, lost) = (kept + counted, lost - counted);
        var phantoms = delivered.Union(reported).Count(c => !accepted.Contains(c) && !doubtful.Contains(c));
        return new Account(accepted.Count, arrived, bounced, kept, lost, sink.Received - sink.Distinct, sink.Damaged, phantoms + sink.Strangers);
    }
}
