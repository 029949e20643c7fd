using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Engine.Persistence.Wire;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Searches and holds, as journal and nodes write them.</summary>
internal static class WireHolds
{
    public static Search Write(QueueSearch which, int limit = 0)
    {
        var wire = new Search
        {
            Domain = which.Domain?.Value ?? "",
            HasId = which.Id is not null,
            IdHigh = which.Id?.High ?? 0,
            IdLow = which.Id?.Low ?? 0,
            Limit = limit,
            ArrivedBefore = which.ArrivedBefore?.UtcTicks ?? 0,
        };
        if (which.Sender is { } sender) wire.Sender = sender;
        if (which.Recipient is { } recipient) wire.Recipient = recipient;
        if (which.Reply is { } reply) wire.Reply = reply;
        if (which.Tenant is { } tenant) wire.Tenant = tenant;
        if (which.Campaign is { } campaign) wire.Campaign = campaign;
        return wire;
    }

    public static QueueSearch Read(Search? wire) => wire is null ? QueueSearch.All : new()
    {
        Id = wire.HasId ? new MessageId(wire.IdHigh, wire.IdLow) : null,
        Domain = wire.Domain.Length == 0 ? null : DomainName.FromCanonical(wire.Domain),
        Sender = wire.HasSender ? wire.Sender : null,
        Recipient = wire.HasRecipient ? wire.Recipient : null,
        Reply = wire.HasReply ? wire.Reply : null,
        Tenant = wire.HasTenant ? wire.Tenant : null,
        Campaign = wire.HasCampaign ? wire.Campaign : null,
        ArrivedBefore = Time(wire.ArrivedBefore),
    };

    public static HeldMail Write(Hold hold) => new()
    {
        Name = hold.Name,
        Which = Write(hold.Which),
        Reason = hold.Reason,
        Since = hold.Since.UtcTicks,
        Until = hold.Until?.UtcTicks ?? 0,
        Route = hold.Route ?? "",
    };

    public static Hold Read(HeldMail wire) => new(wire.Name, Read(wire.Which), wire.Reason, WireTime.At(wire.Since), Time(wire.Until))
    {
        Route = wire.Route.Length == 0 ? null : wire.Route,
    };

    private static DateTimeOffset? Time(long ticks) => ticks == 0 ? null : WireTime.At(ticks);
}
