using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// Stands where Akka writes in JSON whatever has no serializer of its own, types and all: everything that crosses between nodes has one here, and
/// JSON that names the types to be made from it is not read from anybody. Both ways it fails with <see cref="SerializationException"/>.
/// </summary>
/// <param name="system">Whose it is.</param>
/// <param name="settings">Those of the JSON serializer, which Akka hands to whatever stands in its place; not used.</param>
#pragma warning disable CS9113 // Found by its parameters.
public sealed class RefusedSerializer(ExtendedActorSystem system, Config settings) : Serializer(system)
#pragma warning restore CS9113
{
    /// <summary>Of Akka's own JSON serializer.</summary>
    public override int Identifier => 1;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} has no serializer: it cannot be sent to another node or be stored.");

    public override object FromBinary(byte[] bytes, Type? type) =>
        throw new SerializationException($"JSON of {bytes.Length} octets{(type is null ? "" : $" for {type}")} is refused: nodes do not say anything in it.");
}
