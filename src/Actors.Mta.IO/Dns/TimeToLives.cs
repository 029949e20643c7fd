namespace Actors.Mta.IO.Dns;

/// <summary>How long answers are kept.</summary>
internal sealed class TimeToLives(DnsOptions options)
{
    public TimeSpan Negative => options.NegativeTtl;

    /// <summary>Of a failure: long enough that a dead server is not asked by every message, short enough not to matter.</summary>
    public TimeSpan Retry => options.MinimumTtl;

    public TimeSpan Positive(TimeSpan ofRecords) =>
        ofRecords < options.MinimumTtl ? options.MinimumTtl : ofRecords > options.MaximumTtl ? options.MaximumTtl : ofRecords;
}
