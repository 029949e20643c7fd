using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Asks what must be asked to know where a domain's mail goes: its route, its address literal or its MX.</summary>
internal static class MxLookup
{
    /// <param name="route">Null: by the domain's MX.</param>
    /// <param name="security">What configuration says of TLS and login for the domain.</param>
    public static async Task<MxPlan> FindAsync(DomainName domain, Route? route, ClientSecurity security, DeliveryParts parts)
    {
        var transport = route?.TransportWith(security) ?? Transport.Smtp with { Security = security };
        var (resolver, self) = (parts.Resolver, parts.Self);
        if (route is null)
        {
            var usual = parts.Settings.Delivery.Port;
            return domain.IsLiteral
                ? MxPlan.ForLiteral(domain, usual, self, transport)
                : MxPlan.From(domain, await resolver.ResolveMxAsync(domain, default), self, usual, transport);
        }
        if (route.IsLocal) return MxPlan.ForLocal(transport);
        var target = DomainName.Parse(route.Host);
        if (target.IsLiteral) return MxPlan.ForLiteral(target, route.Port, self, transport);
        var answer = route.LookupMx
            ? await resolver.ResolveMxAsync(target, default)
            : await resolver.ResolveHostAsync(target.Value, default);
        return MxPlan.From(target, answer, self, route.Port, transport);
    }

    /// <summary>The look-up itself broke; a defect, but the mail waits and is not lost.</summary>
    public static MxPlan Broken(Exception cause) =>
        new MxPlan.TryLater(SmtpReply.Of(451, "4.3.0", $"look-up failed: {cause.GetBaseException().Message.ReplaceLineEndings(" ")}"));
}
