using System.Collections.Immutable;
using System.Runtime.Serialization;
using Actors.Mta.Core.Reputation;
using Actors.Mta.Engine.Persistence.Wire;
using Google.Protobuf.Collections;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Reads events and tables of greylisting out of the columns of greylist.proto.</summary>
internal static class GreylistReader
{
    public static GreylistEventBatch Read(GreylistBatch wire)
    {
        var count = wire.Kinds.Count;
        Check(count, wire.Network.Count, wire.Sender.Count, wire.Recipient.Count, wire.At.Count);
        var events = ImmutableArray.CreateBuilder<GreylistEvent>(count);
        var at = 0L;
        for (var i = 0; i < count; i++)
        {
            at += wire.At[i];
            var change = wire.Kinds[i] switch
            {
                GreylistKind.Tried => GreylistChange.Tried,
                GreylistKind.Passed => GreylistChange.Passed,
                GreylistKind.Used => GreylistChange.Used,
                var unknown => throw new SerializationException($"The greylist's journal holds GreylistKind {(int)unknown}, which this version does not know."),
            };
            events.Add(new GreylistEvent(change, TripletAt(i, wire.Texts, wire.Network, wire.Sender, wire.Recipient), WireTime.At(at)));
        }
        return new GreylistEventBatch(events.MoveToImmutable());
    }

    public static GreylistSnapshot Read(GreylistTable wire)
    {
        var count = wire.Network.Count;
        Check(count, wire.Sender.Count, wire.Recipient.Count, wire.First.Count, wire.Last.Count, wire.Passed.Count);
        Check(wire.Trusted.Count, wire.TrustedPassed.Count, wire.TrustedLast.Count);
        var entries = ImmutableArray.CreateBuilder<GreylistEntry>(count);
        var first = 0L;
        for (var i = 0; i < count; i++)
        {
            first += wire.First[i];
            var triplet = TripletAt(i, wire.Texts, wire.Network, wire.Sender, wire.Recipient);
            entries.Add(new GreylistEntry(triplet, WireTime.At(first), WireTime.At(first + wire.Last[i]), wire.Passed[i]));
        }
        var networks = ImmutableArray.CreateBuilder<GreylistNetwork>(wire.Trusted.Count);
        var last = 0L;
        for (var i = 0; i < wire.Trusted.Count; i++)
        {
            last += wire.TrustedLast[i];
            networks.Add(new GreylistNetwork(TextAt(wire.Trusted[i], wire.Texts), (int)wire.TrustedPassed[i], WireTime.At(last)));
        }
        return new GreylistSnapshot(entries.MoveToImmutable(), networks.MoveToImmutable());
    }

    private static Triplet TripletAt(
        int row, RepeatedField<string> texts, RepeatedField<uint> network, RepeatedField<uint> sender, RepeatedField<uint> recipient) =>
        new(TextAt(network[row], texts), TextAt(sender[row], texts), TextAt(recipient[row], texts));

    private static string TextAt(uint index, RepeatedField<string> texts) =>
        index < texts.Count ? texts[(int)index] : throw new SerializationException($"The greylist's journal refers to text {index} of {texts.Count}.");

    private static void Check(int rows, params ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
        {
            if (column != rows) throw new SerializationException($"The greylist's journal holds {column} values of a column for {rows} rows.");
        }
    }
}
