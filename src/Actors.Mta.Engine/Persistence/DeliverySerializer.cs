using System.Runtime.Serialization;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Events;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// Writes and reads <see cref="DeliveryProtocol"/>, and what sites ask their ledgers, for other nodes, in the messages of delivery.proto, whose head has the rule for rolling
/// upgrades. It fails with <see cref="SerializationException"/> on what it does not know; the sender then hears nothing, as if the network
/// had lost it.
/// </summary>
public sealed class DeliverySerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    // Replies and texts that many messages share; bounded.
    private readonly ValuePool _pool = new();

    /// <summary>Fixed for ever.</summary>
    public override int Identifier => 2527;

    public override string Manifest(object o) => o switch
    {
        DeliveryProtocol.Enqueue => "en1",
        DeliveryProtocol.Enqueued => "ed1",
        DeliveryProtocol.Refused => "re1",
        DeliveryProtocol.Confirm => "co1",
        DeliveryProtocol.Withdraw => "wi1",
        DeliveryProtocol.NotificationQueued => "nq1",
        // A version that knows no tenants must not take such a question for one about all mail.
        DeliveryProtocol.Query q => SearchOf(q.Question) is { Tenant: null, Campaign: null } ? "qu1" : "qu2",
        DeliveryProtocol.Flushed => "fl1",
        DeliveryProtocol.Messages => "ms1",
        DeliveryProtocol.Counts => "cs1",
        DeliveryProtocol.Owned => "ow1",
        DeliveryProtocol.Unavailable => "un1",
        DeliveryProtocol.Acted => "ac1",
        DeliveryProtocol.Holds => "ho1",
        DeliveryProtocol.DomainStatus => "do1",
        DeliveryProtocol.Domains => "dm1",
        DeliveryProtocol.Sites => "si1",
        TraceActor.Find => "tf1",
        TraceActor.Found => "ta1",
        SiteProtocol.AskLedger => "sw1",
        SiteProtocol.LedgerAnswer => "ss1",
        SiteProtocol.Report => "sr1",
        SiteProtocol.Reported => "sd1",
        _ => throw Unknown(o),
    };

    public override byte[] ToBinary(object obj) => (obj switch
    {
        DeliveryProtocol.Enqueue m => DeliveryWriter.Write(m),
        DeliveryProtocol.Enqueued m => DeliveryWriter.Write(m.Partition, m.Id),
        DeliveryProtocol.Refused m => DeliveryWriter.Write(m),
        DeliveryProtocol.Confirm m => DeliveryWriter.Write(m.Partition, m.Id),
        DeliveryProtocol.Withdraw m => DeliveryWriter.Write(m),
        DeliveryProtocol.NotificationQueued m => DeliveryWriter.Write(m),
        DeliveryProtocol.Query m => DeliveryWriter.Write(m),
        DeliveryProtocol.Flushed m => DeliveryWriter.Write(m),
        DeliveryProtocol.Messages m => DeliveryWriter.Write(m),
        DeliveryProtocol.Counts m => DeliveryWriter.Write(m),
        DeliveryProtocol.Owned m => DeliveryWriter.Write(m),
        DeliveryProtocol.Unavailable m => DeliveryWriter.Write(m),
        DeliveryProtocol.Acted m => DeliveryWriter.Write(m),
        DeliveryProtocol.Holds m => DeliveryWriter.Write(m),
        DeliveryProtocol.DomainStatus m => DeliveryWriter.Write(m),
        DeliveryProtocol.Domains m => DeliveryWriter.Write(m),
        DeliveryProtocol.Sites m => DeliveryWriter.Write(m),
        TraceActor.Find m => DeliveryWriter.Write(m),
        TraceActor.Found m => DeliveryWriter.Write(m),
        SiteProtocol.AskLedger m => DeliveryWriter.Write(m),
        SiteProtocol.LedgerAnswer m => DeliveryWriter.Write(m),
        SiteProtocol.Report m => DeliveryWriter.Write(m.Site, m.Before),
        SiteProtocol.Reported m => DeliveryWriter.Write(m.Site, 0),
        _ => throw Unknown(obj),
    }).ToByteArray();

    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                "en1" => DeliveryReader.Enqueue(bytes, _pool),
                "ed1" => DeliveryReader.Enqueued(bytes),
                "re1" => DeliveryReader.Refused(bytes, _pool),
                "co1" => DeliveryReader.Confirm(bytes),
                "wi1" => DeliveryReader.Withdraw(bytes),
                "nq1" => DeliveryReader.NotificationQueued(bytes),
                "qu1" or "qu2" => DeliveryReader.Query(bytes),
                "fl1" => DeliveryReader.Flushed(bytes),
                "ms1" => DeliveryReader.Messages(bytes, _pool),
                "cs1" => DeliveryReader.Counts(bytes),
                "ow1" => DeliveryReader.Owned(bytes),
                "un1" => DeliveryReader.Unavailable(bytes),
                "ac1" => DeliveryReader.Acted(bytes),
                "ho1" => DeliveryReader.Holds(bytes),
                "do1" => DeliveryReader.DomainStatus(bytes),
                "dm1" => DeliveryReader.Domains(bytes),
                "si1" => DeliveryReader.Sites(bytes),
                "tf1" => DeliveryReader.Find(bytes),
                "ta1" => DeliveryReader.Found(bytes),
                "sw1" => DeliveryReader.AskLedger(bytes),
                "ss1" => DeliveryReader.LedgerAnswer(bytes),
                "sr1" => DeliveryReader.Report(bytes),
                "sd1" => DeliveryReader.Reported(bytes),
                _ => throw new SerializationException(
                    $"Another node sent manifest '{manifest}', which this version does not know; is it a newer one?"),
            };
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SerializationException($"Another node sent a damaged '{manifest}' of {bytes.Length} octets.", e);
        }
    }

    private static QueueSearch SearchOf(DeliveryProtocol.IQuestion question) => question switch
    {
        DeliveryProtocol.GetMessages m => m.Which,
        DeliveryProtocol.Act a => a.Which,
        _ => QueueSearch.All,
    };

    private static ArgumentException Unknown(object o) => new($"{o.GetType()} is not for other nodes.", nameof(o));
}
