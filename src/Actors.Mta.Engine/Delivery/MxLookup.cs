using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Asks what must be asked to know where a domain's mail goes: its route, its address literal or its MX.</summary>
internal static class MxLookup
{
    public static async Task<MxPlan> FindAsync(DomainName domain, Route? route, DeliveryParts parts)
    {
        if (route is null)
        {
            return domain.IsLiteral
                ? MxPlan.ForLiteral(domain, parts.Settings.Delivery.Port, parts.Self)
                : MxPlan.From(domain, await parts.Resolver.ResolveMxAsync(domain, default), parts.Self, parts.Settings.Delivery.Port);
        }
        var target = DomainName.Parse(route.Host);
        if (target.IsLiteral) return MxPlan.ForLiteral(target, route.Port, parts.Self);
        var answer = route.LookupMx
            ? await parts.Resolver.ResolveMxAsync(target, default)
            : await parts.Resolver.ResolveHostAsync(target.Value, default);
        return MxPlan.From(target, answer, parts.Self, route.Port);
    }

    /// <summary>The look-up itself broke; a defect, but the mail waits and is not lost.</summary>
    public static MxPlan Broken(Exception cause) =>
        new MxPlan.TryLater(SmtpReply.Of(451, "4.3.0", $"look-up failed: {cause.GetBaseException().Message.ReplaceLineEndings(" ")}"));
}
