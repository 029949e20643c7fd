using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Events;
using Actors.Mta.Engine.Persistence.Wire;
using Google.Protobuf;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Writes <see cref="DeliveryProtocol"/> into the messages of delivery.proto.</summary>
internal static class DeliveryWriter
{
    public static IMessage Write(DeliveryProtocol.Enqueue m) => new EnqueueRequest
    {
        Partition = (uint)m.Partition,
        IdHigh = m.Id.High,
        IdLow = m.Id.Low,
        Tentative = m.Tentative,
        Again = m.Again,
        Messages = MessageWriter.Write(new QueueSnapshot(m.Messages)),
    };

    public static IMessage Write(int partition, MessageId id) => new PartOfMessage { Partition = (uint)partition, IdHigh = id.High, IdLow = id.Low };

    public static IMessage Write(DeliveryProtocol.Refused m)
    {
        var shared = new SharedWriter(0);
        shared.Reply(m.Reply);
        return new RefusedPart { Partition = (uint)m.Partition, IdHigh = m.Id.High, IdLow = m.Id.Low, Shared = shared.Finish() };
    }

    public static IMessage Write(DeliveryProtocol.Withdraw m)
    {
        var wire = new Withdrawal { Partition = (uint)m.Partition };
        foreach (var key in m.Keys)
        {
            wire.IdHigh.Add(key.Id.High);
            wire.IdLow.Add(key.Id.Low);
            wire.Domain.Add(key.Domain.Value);
        }
        return wire;
    }

    public static IMessage Write(DeliveryProtocol.NotificationQueued m) => new NotificationIsQueued
    {
        Partition = (uint)m.Partition,
        IdHigh = m.Key.Id.High,
        IdLow = m.Key.Id.Low,
        Domain = m.Key.Domain.Value,
        Ordinal = { m.Ordinals.Select(o => (uint)o) },
        Action = WireEnums.Action(m.Action),
    };

    public static IMessage Write(DeliveryProtocol.Query m)
    {
        var wire = new PartitionQuestion { Partition = (uint)m.Partition };
        switch (m.Question)
        {
            case DeliveryProtocol.Flush f:
                wire.Flush = new FlushQuestion { Domain = f.Domain?.Value ?? "" };
                break;
            case DeliveryProtocol.GetMessages g:
                wire.Messages = WireHolds.Write(g.Which, g.Limit);
                break;
            case DeliveryProtocol.GetCounts:
                wire.Counts = new CountsQuestion();
                break;
            case DeliveryProtocol.GetOwned o:
                wire.Owned = new OwnedQuestion { IdHigh = { o.Ids.Select(i => i.High) }, IdLow = { o.Ids.Select(i => i.Low) } };
                break;
            case DeliveryProtocol.Act a:
                wire.Act = new ActQuestion { Action = Action(a.What), Which = WireHolds.Write(a.Which), Reason = a.Reason, DryRun = a.DryRun };
                break;
            case DeliveryProtocol.SetHold h:
                wire.SetHold = WireHolds.Write(h.Hold);
                break;
            case DeliveryProtocol.LiftHold l:
                wire.LiftHold = l.Name;
                break;
            case DeliveryProtocol.GetHolds:
                wire.Holds = new HoldsQuestion();
                break;
            case DeliveryProtocol.GetDomain d:
                wire.Domain = new DomainQuestion { Domain = d.Domain.Value };
                break;
            case DeliveryProtocol.GetDomains d:
                wire.Domains = new DomainsQuestion { Limit = d.Limit };
                if (d.Which != QueueSearch.All) wire.Domains.Which = WireHolds.Write(d.Which);
                break;
            case DeliveryProtocol.GetSites s:
                wire.Sites = new SitesQuestion { Host = s.Host };
                break;
            default:
                throw new ArgumentException($"{m.Question.GetType()} is not for other nodes.", nameof(m));
        }
        return wire;
    }

    public static IMessage Write(DeliveryProtocol.Flushed m) => new FlushedAnswer { Messages = m.Messages };

    public static IMessage Write(DeliveryProtocol.Messages m) => new MessagesAnswer
    {
        Messages = MessageWriter.Write(new QueueSnapshot([.. m.All.Select(s => s.Message)])),
        Place = { m.All.Select(s => Place(s.Place)) },
        Owner = { m.All.Select(s => s.Owner) },
        Reason = { m.All.Select(s => s.Reason) },
        Deadline = { m.All.Select(s => s.Deadline?.UtcTicks ?? 0) },
    };

    public static IMessage Write(DeliveryProtocol.Counts m) => new CountsAnswer
    {
        Messages = m.Messages,
        Recipients = m.Recipients,
        Waiting = m.Waiting,
        Ready = m.Ready,
        Delivering = m.Delivering,
        Oldest = m.Oldest?.UtcTicks ?? 0,
        Held = m.Held,
        ToDo = m.ToDo,
    };

    public static IMessage Write(DeliveryProtocol.Holds m) => new HoldsAnswer { Hold = { m.All.Select(h => WireHolds.Write(h.Hold)) }, Messages = { m.All.Select(h => h.Messages) } };

    public static IMessage Write(DeliveryProtocol.Owned m) => new OwnedAnswer
    {
        Partition = (uint)m.Partition,
        IdHigh = { m.Ids.Select(i => i.High) },
        IdLow = { m.Ids.Select(i => i.Low) },
    };

    public static IMessage Write(DeliveryProtocol.Unavailable m) => new UnavailableAnswer { Partition = (uint)m.Partition, Reason = m.Reason };

    public static IMessage Write(DeliveryProtocol.Acted m) => new ActedAnswer { Messages = m.Messages, UnderWay = m.UnderWay };

    public static IMessage Write(DeliveryProtocol.Domains m) => new DomainsAnswer { Domain = { m.All.Select(Answer) }, Count = m.Count };

    public static IMessage Write(DeliveryProtocol.DomainStatus m) => Answer(m);

    private static DomainAnswer Answer(DeliveryProtocol.DomainStatus m) => new()
    {
        Domain = m.Domain.Value,
        Partition = (uint)m.Partition,
        Node = m.Node,
        Tentative = m.Counts.Tentative,
        Waiting = m.Counts.Waiting,
        Ready = m.Counts.Ready,
        Delivering = m.Counts.Delivering,
        Notifying = m.Counts.Notifying,
        Operated = m.Counts.Operated,
        Held = m.Counts.Held,
        Hold = m.Hold,
        Oldest = m.Oldest?.UtcTicks ?? 0,
        NextDue = m.NextDue?.UtcTicks ?? 0,
        LastReply = m.LastReply,
        LastHost = m.LastHost,
        Route = m.Route,
        Waits = m.Waits,
        Until = m.Until?.UtcTicks ?? 0,
        Site = m.Site is { } site ? Standing(site) : null,
    };

    public static IMessage Write(DeliveryProtocol.Sites m) => new SitesAnswer { Site = { m.All.Select(Standing) } };

    private static SiteStanding Standing(DeliveryProtocol.SiteStatus s)
    {
        var wire = new SiteStanding
        {
            Site = s.Site,
            Node = s.Node,
            Open = s.Open,
            Busy = s.Busy,
            Limit = s.Limit,
            MessageRate = s.MessageRate,
            ConnectionRate = s.ConnectionRate,
            Wanting = s.Wanting,
            Domains = s.Domains,
            Reason = s.Reason,
            Until = s.Until?.UtcTicks ?? 0,
        };
        if (s.Share is { } share) wire.Share = share;
        return wire;
    }

    public static IMessage Write(TraceActor.Find m) => new TraceQuestion { Subject = m.Subject, Since = m.Since.UtcTicks, Limit = m.Limit };

    public static IMessage Write(TraceActor.Found m) => new TraceAnswer { Line = { m.Lines }, Silence = m.Silence };

    public static IMessage Write(SiteProtocol.AskLedger m) => new SiteWanted
    {
        Site = m.Site.Value,
        Holder = m.Want.Holder,
        Connections = m.Want.Limits.Connections,
        ConnectionCount = m.Want.Limits.ConnectionRate?.Count ?? 0,
        ConnectionPeriod = m.Want.Limits.ConnectionRate?.Period.Ticks ?? 0,
        MessageCount = m.Want.Limits.MessageRate?.Count ?? 0,
        MessagePeriod = m.Want.Limits.MessageRate?.Period.Ticks ?? 0,
        Wanted = m.Want.Wanted,
        Ceiling = m.Want.Ceiling,
        Seen = m.Want.Seen,
        Messages = m.Want.Messages,
        Openings = m.Want.Openings,
        Sent = m.Want.Sent.UtcTicks,
    };

    public static IMessage Write(SiteProtocol.LedgerAnswer m) => new SiteShared
    {
        Holder = m.Share.Holder,
        Serial = m.Share.Serial,
        Connections = m.Share.Connections,
        Messages = m.Share.Messages,
        Openings = m.Share.Openings,
        Answers = m.Share.Answers.UtcTicks,
    };

    public static IMessage Write(SiteName site, long before) => new SiteReport { Site = site.Value, Before = before };

    private static uint Action(QueueAction action) => action switch
    {
        QueueAction.Remove => 1,
        QueueAction.Bounce => 2,
        QueueAction.Expire => 3,
        QueueAction.Flush => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "has no number on the wire"),
    };

    private static uint Place(QueuePlace place) => place switch
    {
        QueuePlace.Tentative => 1,
        QueuePlace.Waiting => 2,
        QueuePlace.Ready => 3,
        QueuePlace.Delivering => 4,
        QueuePlace.Notifying => 5,
        QueuePlace.Operated => 6,
        QueuePlace.Held => 7,
        _ => throw new ArgumentOutOfRangeException(nameof(place), place, "has no number on the wire"),
    };
}
