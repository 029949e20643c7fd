using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Actors.Mta.LoadGen.Measuring;

/// <summary>All that is kept of a run: the JSON file, from which the HTML page is made. Times are UTC, latencies ms, rates per second.</summary>
public sealed record RunRecord
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;
    public required string Run { get; init; }
    public required string Title { get; init; }
    public string Description { get; init; } = "";
    public required DateTimeOffset Started { get; init; }
    public required double Seconds { get; init; }
    public MachineRecord Machine { get; init; } = MachineRecord.This;
    public ImmutableArray<SourceRecord> Sources { get; init; } = [];
    public SinkRecord? Sink { get; init; }
    public ImmutableArray<NodeRecord> Nodes { get; init; } = [];
    /// <summary>User and system, of the PostgreSQL of a cluster, since it was started last.</summary>
    public double? DatabaseCpuSeconds { get; init; }
    public ImmutableArray<FaultRecord> Faults { get; init; } = [];
    /// <summary>Why not all faults happened; null: they did.</summary>
    public string? Trouble { get; init; }
    public OwnersRecord? Owners { get; init; }
    public Account? Account { get; init; }
    public ImmutableArray<Moment> Series { get; init; } = [];
    public ImmutableArray<Expected> Expected { get; init; } = [];

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">It is no record, or one of a later format.</exception>
    public static RunRecord Read(string file)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllText(file), RunRecordJson.Default.RunRecord) ?? throw new FormatException($"{file} holds no record");
            return record.Format == CurrentFormat ? record : throw new FormatException($"{file} has format {record.Format}, not {CurrentFormat}");
        }
        catch (JsonException e)
        {
            throw new FormatException($"{file} is no record of a run: {e.Message}", e);
        }
    }

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, RunRecordJson.Default.RunRecord) + "\n");
}

public sealed record MachineRecord(int Processors, double MemoryGiB, string Os, string Runtime)
{
    public static MachineRecord This => new(
        Environment.ProcessorCount, Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0, 1),
        System.Runtime.InteropServices.RuntimeInformation.OSDescription, System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription);
}

/// <summary>One source, or all of a run together.</summary>
/// <param name="Load">"20 sessions, closed loop": how it sent.</param>
/// <param name="Rate">Messages accepted per second, over the time of the source.</param>
/// <param name="Accepted">Copies, as ranges.</param>
/// <param name="InDoubt">Copies, as ranges.</param>
public sealed record SourceRecord(
    string Name, string Load, double Seconds, long Messages, long Copies, long Refused, long Doubtful, long Octets, double Rate, Percentiles Latency,
    Percentiles Dot, IReadOnlyList<CurvePoint> Curve, IReadOnlyList<Counted> Replies, IReadOnlyList<Counted> Refusals, string Accepted, string InDoubt);

/// <param name="Delivered">Copies, as ranges.</param>
/// <param name="Reported">Copies for which a notification of failure came, as ranges.</param>
public sealed record SinkRecord(
    long Messages, long Received, long Distinct, long Damaged, long Bounced, long Delayed, long Strangers, long Connections, double Rate,
    Percentiles Latency, IReadOnlyList<CurvePoint> Curve, IReadOnlyList<Counted> Refusals, string Delivered, string Reported);

/// <param name="CpuSeconds">User and system.</param>
/// <param name="PeakMemory">Largest resident set, MiB.</param>
public sealed record NodeRecord(string Name, double CpuSeconds, double PeakMemory);

/// <summary>What went wrong on purpose.</summary>
/// <param name="At">Seconds since the sources began.</param>
/// <param name="Seconds">From its beginning to its end.</param>
/// <param name="Partitions">That the node owned when it was hit.</param>
/// <param name="TakenOver">Seconds from its beginning until other nodes owned all of them; null when they did not.</param>
public sealed record FaultRecord(string Name, string Kind, string Node, double At, double Seconds, int Partitions, double? TakenOver);

/// <summary>Who wrote the journal of a cluster.</summary>
/// <param name="Periods">In which one node owned one partition, all together.</param>
/// <param name="Overlaps">Pairs of them in which two owners wrote at a time.</param>
public sealed record OwnersRecord(long Periods, long Overlaps);

/// <summary>What became of every copy that was accepted. Each is in one of delivered, bounced, queued and lost.</summary>
/// <param name="Queued">Neither delivered nor reported yet, and the node says it has them.</param>
/// <param name="Lost">Nobody has them.</param>
/// <param name="Duplicated">Deliveries beyond the first.</param>
/// <param name="Damaged">Messages that arrived otherwise than they were sent.</param>
/// <param name="Unaccounted">What arrived though nobody was told 250 for it: copies that were refused, and messages of no run.</param>
public sealed record Account(long Accepted, long Delivered, long Bounced, long Queued, long Lost, long Duplicated, long Damaged, long Unaccounted);

/// <summary>What was seen in one second of a run.</summary>
/// <param name="At">Seconds since the start.</param>
/// <param name="Queue">Messages in the node's queue; null without a node.</param>
/// <param name="Cpu">Of the node, in processors; null without a node.</param>
/// <param name="Memory">Of the node, resident, MiB; null without a node.</param>
/// <param name="LoadCpu">Of this program, in processors.</param>
public sealed record Moment(
    double At, double Sent, double Arrived, double Refused, long InFlight, double SendP50, double SendP99, double TransitP50, double TransitP99,
    long? Queue, double? Cpu, double? Memory, double LoadCpu);

/// <param name="Seen">The figure itself.</param>
public sealed record Expected(string Text, string Seen, bool Held);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
