using System.Runtime.Serialization;
using Actors.Mta.Core.Reputation;
using Actors.Mta.Engine.Persistence.Wire;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// Writes and reads what greylisting persists: <see cref="GreylistEventBatch"/> (manifest "gb1") and
/// <see cref="GreylistSnapshot"/> ("gs1"), as greylist.proto says. It fails with <see cref="SerializationException"/> on a
/// manifest or enum number that it does not know, and on octets that contradict themselves.
/// </summary>
public sealed class GreylistSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Manifest of <see cref="GreylistEventBatch"/>. Never changes its meaning.</summary>
    public const string BatchManifest = "gb1";

    /// <summary>Manifest of <see cref="GreylistSnapshot"/>. Never changes its meaning.</summary>
    public const string SnapshotManifest = "gs1";

    /// <summary>Stored beside each row; fixed for ever.</summary>
    public override int Identifier => 2526;

    public override string Manifest(object o) => o switch
    {
        GreylistEventBatch => BatchManifest,
        GreylistSnapshot => SnapshotManifest,
        _ => throw Unknown(o),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        GreylistEventBatch batch => GreylistWriter.Write(batch).ToByteArray(),
        GreylistSnapshot snapshot => GreylistWriter.Write(snapshot).ToByteArray(),
        _ => throw Unknown(obj),
    };

    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                BatchManifest => GreylistReader.Read(GreylistBatch.Parser.ParseFrom(bytes)),
                SnapshotManifest => GreylistReader.Read(GreylistTable.Parser.ParseFrom(bytes)),
                _ => throw new SerializationException(
                    $"The greylist's journal holds manifest '{manifest}', which this version does not know; was it written by a newer one?"),
            };
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SerializationException($"The greylist's journal holds a damaged '{manifest}' row of {bytes.Length} octets.", e);
        }
    }

    private static ArgumentException Unknown(object o) => new($"The greylist's serializer does not write {o.GetType()}.", nameof(o));
}
