using System.Runtime.Serialization;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence.Wire;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// Writes and reads what the queue persists: <see cref="QueueEventBatch"/> (manifest "qb1") and
/// <see cref="QueueSnapshot"/> ("qs1", or "qs2" with something held), in the Protobuf columns of queue.proto, whose head has the rule for rolling
/// upgrades. What it reads back equals what was written, to the tick.
/// It fails with <see cref="SerializationException"/> on a manifest, an enum number or a flag that it does not know, and
/// on octets that contradict themselves: a queue that is half understood would lose mail.
/// </summary>
public sealed class QueueSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Manifest of <see cref="QueueEventBatch"/>. Never changes its meaning.</summary>
    public const string BatchManifest = "qb1";

    /// <summary>Manifest of <see cref="QueueSnapshot"/>. Never changes its meaning.</summary>
    public const string SnapshotManifest = "qs1";

    /// <summary>Manifest of a <see cref="QueueSnapshot"/> with holds, of which a version that knows none must not deliver.</summary>
    public const string HeldSnapshotManifest = "qs2";

    // Strings and replies that come back in row after row; bounded, so it may live as long as the system.
    private readonly ValuePool _pool = new();

    /// <summary>Stored beside each row; fixed for ever.</summary>
    public override int Identifier => 2525;

    public override string Manifest(object o) => o switch
    {
        QueueEventBatch => BatchManifest,
        QueueSnapshot { Holds.IsEmpty: false } => HeldSnapshotManifest,
        QueueSnapshot => SnapshotManifest,
        _ => throw Unknown(o),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        QueueEventBatch batch => EventWriter.Write(batch).ToByteArray(),
        QueueSnapshot snapshot => MessageWriter.Write(snapshot).ToByteArray(),
        _ => throw Unknown(obj),
    };

    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                BatchManifest => EventReader.Read(EventBatch.Parser.ParseFrom(bytes), _pool),
                SnapshotManifest or HeldSnapshotManifest => MessageReader.Read(Snapshot.Parser.ParseFrom(bytes), _pool),
                _ => throw new SerializationException(
                    $"The queue's journal holds manifest '{manifest}', which this version does not know; was it written by a newer one?"),
            };
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SerializationException($"The queue's journal holds a damaged '{manifest}' row of {bytes.Length} octets.", e);
        }
    }

    private static ArgumentException Unknown(object o) => new($"The queue's serializer does not write {o.GetType()}.", nameof(o));
}
