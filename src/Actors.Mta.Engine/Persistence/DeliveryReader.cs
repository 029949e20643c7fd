using System.Collections.Immutable;
using System.Runtime.Serialization;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Events;
using Actors.Mta.Engine.Persistence.Wire;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Reads <see cref="DeliveryProtocol"/> out of the messages of delivery.proto.</summary>
internal static class DeliveryReader
{
    public static DeliveryProtocol.Enqueue Enqueue(byte[] bytes, ValuePool pool)
    {
        var wire = EnqueueRequest.Parser.ParseFrom(bytes);
        return new((int)wire.Partition, new MessageId(wire.IdHigh, wire.IdLow), Messages(wire.Messages, pool), wire.Tentative, wire.Again);
    }

    public static DeliveryProtocol.Enqueued Enqueued(byte[] bytes)
    {
        var wire = PartOfMessage.Parser.ParseFrom(bytes);
        return new((int)wire.Partition, new MessageId(wire.IdHigh, wire.IdLow));
    }

    public static DeliveryProtocol.Confirm Confirm(byte[] bytes)
    {
        var wire = PartOfMessage.Parser.ParseFrom(bytes);
        return new((int)wire.Partition, new MessageId(wire.IdHigh, wire.IdLow));
    }

    public static DeliveryProtocol.Refused Refused(byte[] bytes, ValuePool pool)
    {
        var wire = RefusedPart.Parser.ParseFrom(bytes);
        var reply = SharedReader.Required(new SharedReader(wire.Shared, pool).Reply(1), "reply");
        return new((int)wire.Partition, new MessageId(wire.IdHigh, wire.IdLow), reply);
    }

    public static DeliveryProtocol.Withdraw Withdraw(byte[] bytes)
    {
        var wire = Withdrawal.Parser.ParseFrom(bytes);
        var low = new Column<ulong>(wire.IdLow, wire.IdHigh.Count, "Withdrawal.id_low");
        if (wire.Domain.Count != wire.IdHigh.Count) throw new SerializationException("Another node sent a withdrawal with columns of unequal length.");
        return new((int)wire.Partition, [.. wire.IdHigh.Select((high, i) => new QueueKey(new MessageId(high, low[i]), DomainName.FromCanonical(wire.Domain[i])))]);
    }

    public static DeliveryProtocol.NotificationQueued NotificationQueued(byte[] bytes)
    {
        var wire = NotificationIsQueued.Parser.ParseFrom(bytes);
        var key = new QueueKey(new MessageId(wire.IdHigh, wire.IdLow), DomainName.FromCanonical(wire.Domain));
        return new((int)wire.Partition, key, [.. wire.Ordinal.Select(o => (int)o)], WireEnums.Action(wire.Action));
    }

    public static DeliveryProtocol.Query Query(byte[] bytes)
    {
        var wire = PartitionQuestion.Parser.ParseFrom(bytes);
        DeliveryProtocol.IQuestion question = wire.QuestionCase switch
        {
            PartitionQuestion.QuestionOneofCase.Flush => new DeliveryProtocol.Flush(Domain(wire.Flush.Domain)),
            PartitionQuestion.QuestionOneofCase.Messages => new DeliveryProtocol.GetMessages(WireHolds.Read(wire.Messages), wire.Messages.Limit),
            PartitionQuestion.QuestionOneofCase.Counts => DeliveryProtocol.GetCounts.Instance,
            PartitionQuestion.QuestionOneofCase.Owned => new DeliveryProtocol.GetOwned(Ids(wire.Owned.IdHigh, wire.Owned.IdLow, "OwnedQuestion.id_low")),
            PartitionQuestion.QuestionOneofCase.Act => new DeliveryProtocol.Act(Action(wire.Act.Action), WireHolds.Read(wire.Act.Which), wire.Act.Reason, wire.Act.DryRun),
            PartitionQuestion.QuestionOneofCase.SetHold => new DeliveryProtocol.SetHold(WireHolds.Read(wire.SetHold)),
            PartitionQuestion.QuestionOneofCase.LiftHold => new DeliveryProtocol.LiftHold(wire.LiftHold),
            PartitionQuestion.QuestionOneofCase.Holds => DeliveryProtocol.GetHolds.Instance,
            PartitionQuestion.QuestionOneofCase.Domain => new DeliveryProtocol.GetDomain(DomainName.FromCanonical(wire.Domain.Domain)),
            PartitionQuestion.QuestionOneofCase.Domains => new DeliveryProtocol.GetDomains(wire.Domains.Limit, WireHolds.Read(wire.Domains.Which)),
            PartitionQuestion.QuestionOneofCase.Sites => new DeliveryProtocol.GetSites(wire.Sites.Host),
            _ => throw new SerializationException("Another node asks a question that this version does not know; is it a newer one?"),
        };
        return new((int)wire.Partition, question);
    }

    public static DeliveryProtocol.Flushed Flushed(byte[] bytes) => new(FlushedAnswer.Parser.ParseFrom(bytes).Messages);

    public static DeliveryProtocol.Messages Messages(byte[] bytes, ValuePool pool)
    {
        var wire = MessagesAnswer.Parser.ParseFrom(bytes);
        var messages = Messages(wire.Messages, pool);
        var (place, deadline) = (new Column<uint>(wire.Place, messages.Length, "MessagesAnswer.place"), new Column<long>(wire.Deadline, messages.Length, "MessagesAnswer.deadline"));
        if (wire.Owner.Count != messages.Length || wire.Reason.Count != messages.Length)
            throw new SerializationException("Another node sent a list with columns of unequal length.");
        return new([.. messages.Select((m, i) => new DeliveryProtocol.MessageStatus(m, Place(place[i]), wire.Owner[i], wire.Reason[i], Time(deadline[i])))]);
    }

    public static DeliveryProtocol.Counts Counts(byte[] bytes)
    {
        var wire = CountsAnswer.Parser.ParseFrom(bytes);
        return new(wire.Messages, wire.Recipients, wire.Waiting, wire.Ready, wire.Delivering, wire.Held, Time(wire.Oldest)) { ToDo = wire.ToDo };
    }

    public static DeliveryProtocol.Holds Holds(byte[] bytes)
    {
        var wire = HoldsAnswer.Parser.ParseFrom(bytes);
        if (wire.Messages.Count != wire.Hold.Count) throw new SerializationException("Another node sent a list of holds with columns of unequal length.");
        return new([.. wire.Hold.Select((h, i) => new DeliveryProtocol.HoldStatus(WireHolds.Read(h), wire.Messages[i]))]);
    }

    public static DeliveryProtocol.Owned Owned(byte[] bytes)
    {
        var wire = OwnedAnswer.Parser.ParseFrom(bytes);
        return new((int)wire.Partition, Ids(wire.IdHigh, wire.IdLow, "OwnedAnswer.id_low"));
    }

    public static DeliveryProtocol.Unavailable Unavailable(byte[] bytes)
    {
        var wire = UnavailableAnswer.Parser.ParseFrom(bytes);
        return new((int)wire.Partition, wire.Reason);
    }

    public static DeliveryProtocol.Acted Acted(byte[] bytes)
    {
        var wire = ActedAnswer.Parser.ParseFrom(bytes);
        return new(wire.Messages, wire.UnderWay);
    }

    public static DeliveryProtocol.DomainStatus DomainStatus(byte[] bytes) => Status(DomainAnswer.Parser.ParseFrom(bytes));

    public static DeliveryProtocol.Domains Domains(byte[] bytes)
    {
        var wire = DomainsAnswer.Parser.ParseFrom(bytes);
        return new([.. wire.Domain.Select(Status)], wire.Count);
    }

    private static DeliveryProtocol.DomainStatus Status(DomainAnswer wire) => new(
        DomainName.FromCanonical(wire.Domain), (int)wire.Partition, wire.Node,
        new(wire.Tentative, wire.Waiting, wire.Ready, wire.Delivering, wire.Notifying, wire.Operated, wire.Held), Time(wire.Oldest), Time(wire.NextDue),
        wire.LastReply, wire.LastHost, wire.Route, wire.Waits, Time(wire.Until), wire.Site is { } site ? Status(site) : null, wire.Hold);

    public static DeliveryProtocol.Sites Sites(byte[] bytes) => new([.. SitesAnswer.Parser.ParseFrom(bytes).Site.Select(Status)]);

    private static DeliveryProtocol.SiteStatus Status(SiteStanding s) => new(
        s.Site, s.Node, s.Open, s.Busy, s.Limit, s.HasShare ? s.Share : null, s.MessageRate, s.ConnectionRate, s.Wanting, s.Domains, s.Reason, Time(s.Until));

    public static TraceActor.Find Find(byte[] bytes)
    {
        var wire = TraceQuestion.Parser.ParseFrom(bytes);
        return new(wire.Subject, WireTime.At(wire.Since), wire.Limit);
    }

    public static TraceActor.Found Found(byte[] bytes)
    {
        var wire = TraceAnswer.Parser.ParseFrom(bytes);
        return new([.. wire.Line], wire.Silence);
    }

    public static SiteProtocol.AskLedger AskLedger(byte[] bytes)
    {
        var wire = SiteWanted.Parser.ParseFrom(bytes);
        var limits = new SiteLimits
        {
            Connections = wire.Connections,
            ConnectionRate = Rate(wire.ConnectionCount, wire.ConnectionPeriod),
            MessageRate = Rate(wire.MessageCount, wire.MessagePeriod),
        };
        var want = new SiteWant(wire.Holder, limits, wire.Wanted, wire.Ceiling, wire.Seen, wire.Messages, wire.Openings, WireTime.At(wire.Sent));
        return new(new SiteName(wire.Site), want);
    }

    public static SiteProtocol.LedgerAnswer LedgerAnswer(byte[] bytes)
    {
        var wire = SiteShared.Parser.ParseFrom(bytes);
        return new(new SiteShare(wire.Holder, wire.Serial, wire.Connections, wire.Messages, wire.Openings, WireTime.At(wire.Answers)));
    }

    public static SiteProtocol.Report Report(byte[] bytes)
    {
        var wire = SiteReport.Parser.ParseFrom(bytes);
        return new(new SiteName(wire.Site), wire.Before);
    }

    public static SiteProtocol.Reported Reported(byte[] bytes) => new(new SiteName(SiteReport.Parser.ParseFrom(bytes).Site));

    private static Rate? Rate(int count, long period) => count == 0 ? null : new Rate(count, TimeSpan.FromTicks(period));

    private static ImmutableArray<QueuedMessage> Messages(Snapshot? snapshot, ValuePool pool) => MessageReader.Read(snapshot ?? new Snapshot(), pool).Messages;

    private static ImmutableArray<MessageId> Ids(IList<ulong> high, Google.Protobuf.Collections.RepeatedField<ulong> low, string what)
    {
        var column = new Column<ulong>(low, high.Count, what);
        return [.. high.Select((h, i) => new MessageId(h, column[i]))];
    }

    private static DomainName? Domain(string text) => text.Length == 0 ? null : DomainName.FromCanonical(text);

    private static DateTimeOffset? Time(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    private static QueueAction Action(uint number) => number switch
    {
        1 => QueueAction.Remove,
        2 => QueueAction.Bounce,
        3 => QueueAction.Expire,
        4 => QueueAction.Flush,
        _ => throw WireEnums.Unknown("queue action", number),
    };

    private static QueuePlace Place(uint number) => number switch
    {
        1 => QueuePlace.Tentative,
        2 => QueuePlace.Waiting,
        3 => QueuePlace.Ready,
        4 => QueuePlace.Delivering,
        5 => QueuePlace.Notifying,
        6 => QueuePlace.Operated,
        7 => QueuePlace.Held,
        _ => throw WireEnums.Unknown("queue place", number),
    };
}
