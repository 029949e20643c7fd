using Actors.Mta.Core.Reputation;
using Actors.Mta.Engine.Persistence.Wire;
using Google.Protobuf.Collections;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Writes events and tables of greylisting into the columns of greylist.proto.</summary>
internal sealed class GreylistWriter(RepeatedField<string> texts)
{
    private readonly Dictionary<string, uint> _indexes = new(StringComparer.Ordinal);

    public static GreylistBatch Write(GreylistEventBatch batch)
    {
        var wire = new GreylistBatch();
        var writer = new GreylistWriter(wire.Texts);
        var before = 0L;
        foreach (var (change, triplet, at) in batch.Events)
        {
            wire.Kinds.Add(change switch
            {
                GreylistChange.Tried => GreylistKind.Tried,
                GreylistChange.Passed => GreylistKind.Passed,
                GreylistChange.Used => GreylistKind.Used,
                _ => throw new ArgumentOutOfRangeException(nameof(batch), change, "not a change of the greylist"),
            });
            writer.Add(triplet, wire.Network, wire.Sender, wire.Recipient);
            wire.At.Add(at.UtcTicks - before);
            before = at.UtcTicks;
        }
        return wire;
    }

    public static GreylistTable Write(GreylistSnapshot snapshot)
    {
        var wire = new GreylistTable();
        var writer = new GreylistWriter(wire.Texts);
        var before = 0L;
        foreach (var entry in snapshot.Entries)
        {
            writer.Add(entry.Triplet, wire.Network, wire.Sender, wire.Recipient);
            wire.First.Add(entry.First.UtcTicks - before);
            wire.Last.Add(entry.Last.UtcTicks - entry.First.UtcTicks);
            wire.Passed.Add(entry.Passed);
            before = entry.First.UtcTicks;
        }
        before = 0;
        foreach (var network in snapshot.Networks)
        {
            wire.Trusted.Add(writer.IndexOf(network.Network));
            wire.TrustedPassed.Add((uint)network.Passed);
            wire.TrustedLast.Add(network.Last.UtcTicks - before);
            before = network.Last.UtcTicks;
        }
        return wire;
    }

    private void Add(Triplet triplet, RepeatedField<uint> network, RepeatedField<uint> sender, RepeatedField<uint> recipient)
    {
        network.Add(IndexOf(triplet.Network));
        sender.Add(IndexOf(triplet.Sender));
        recipient.Add(IndexOf(triplet.Recipient));
    }

    private uint IndexOf(string text)
    {
        if (_indexes.TryGetValue(text, out var index)) return index;
        texts.Add(text);
        return _indexes[text] = (uint)texts.Count - 1;
    }
}
