using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>Where the mail of a domain goes: the decision made of an <see cref="MxAnswer"/> or a static route.</summary>
public abstract record MxPlan
{
    private MxPlan() { }

    /// <summary>A literal means the same for ever; its plan is still dropped in the end, so that no cache grows.</summary>
    private static readonly TimeSpan LiteralTimeToLive = TimeSpan.FromHours(1);

    /// <param name="Site">Shared by all domains with the same set of exchangers.</param>
    /// <param name="Hosts">Those with an address, sorted by preference; equal ones stay unshuffled until <see cref="Attempts"/>.</param>
    /// <param name="Port">TCP port, 25 unless a route says otherwise.</param>
    /// <param name="TimeToLive">How long the plan may be kept.</param>
    public sealed record Deliver(SiteName Site, ImmutableArray<MxHost> Hosts, int Port, TimeSpan TimeToLive) : MxPlan
    {
        /// <summary>How all of them are spoken to.</summary>
        public Transport Transport { get; init; } = Transport.Smtp;

        /// <summary>
        /// The targets of one connection attempt in order: by preference, shuffled within one (RFC 5321 5.1), all addresses of
        /// a host next to each other and shuffled too.
        /// </summary>
        /// <param name="random">Returns a number in [0, n).</param>
        public ImmutableArray<ConnectTarget> Attempts(Func<int, int> random)
        {
            var targets = ImmutableArray.CreateBuilder<ConnectTarget>(Hosts.Sum(h => h.Addresses.Length));
            for (var start = 0; start < Hosts.Length;)
            {
                var end = start + 1;
                while (end < Hosts.Length && Hosts[end].Preference == Hosts[start].Preference) end++;
                foreach (var host in Shuffled(Hosts[start..end], random))
                    foreach (var address in Shuffled(host.Addresses, random))
                        targets.Add(new ConnectTarget(host.Name, address, Port) { Transport = Transport });
                start = end;
            }
            return targets.DrainToImmutable();
        }

        private static T[] Shuffled<T>(ImmutableArray<T> items, Func<int, int> random)
        {
            var shuffled = items.ToArray();
            for (var i = shuffled.Length - 1; i > 0; i--)
            {
                var j = random(i + 1);
                (shuffled[i], shuffled[j]) = (shuffled[j], shuffled[i]);
            }
            return shuffled;
        }
    }

    /// <summary>
    /// Permanent: 556 5.1.10 null MX, 550 5.1.2 no such domain, 550 5.4.4 no exchanger has an address, 554 5.4.6 mail loops back
    /// to this node.
    /// </summary>
    public sealed record Undeliverable(SmtpReply Reason, TimeSpan TimeToLive) : MxPlan;

    /// <summary>Temporary: 451 4.4.3 look-up failed; also when exchangers exist but none has an address for now.</summary>
    public sealed record TryLater(SmtpReply Reason) : MxPlan;

    /// <summary>
    /// Decides. When this node is among the exchangers (by host name or by address and port), it and all hosts of equal or higher
    /// preference number are dropped (RFC 5321 5.1); if none is left, mail loops. Final delivery does not loop: LMTP to this
    /// very host is the usual case.
    /// </summary>
    public static MxPlan From(DomainName domain, MxAnswer answer, LocalIdentity self, int port) =>
        From(domain, answer, self, port, Transport.Smtp);

    public static MxPlan From(DomainName domain, MxAnswer answer, LocalIdentity self, int port, Transport transport) => answer switch
    {
        MxAnswer.Hosts hosts => FromHosts(domain, hosts, self, port, transport),
        // RFC 7505 4.1 names the code for mail that meets a null MX on its way.
        MxAnswer.NullMx none => new Undeliverable(SmtpReply.Of(556, "5.1.10", $"{domain} accepts no mail (null MX)"), none.TimeToLive),
        MxAnswer.NoSuchDomain none => new Undeliverable(SmtpReply.Of(550, "5.1.2", $"{domain}: {none.Reason}"), none.TimeToLive),
        MxAnswer.TemporaryFailure failure => new TryLater(SmtpReply.Of(451, "4.4.3", $"{domain}: {failure.Reason}")),
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, "Not an answer."),
    };

    /// <summary>
    /// The plan for an address literal ("[192.0.2.1]", "[IPv6:2001:db8::1]"): that address, no look-up. A literal of any other kind
    /// is 550 5.1.2.
    /// </summary>
    public static MxPlan ForLiteral(DomainName literal, int port, LocalIdentity self) => ForLiteral(literal, port, self, Transport.Smtp);

    public static MxPlan ForLiteral(DomainName literal, int port, LocalIdentity self, Transport transport)
    {
        if (!literal.TryGetAddress(out var address))
            return new Undeliverable(SmtpReply.Of(550, "5.1.2", $"{literal}: not an address that can be reached"), LiteralTimeToLive);
        var host = new MxHost(literal.Value, 0, [address]);
        return FromHosts(literal, new MxAnswer.Hosts([host], true, LiteralTimeToLive), self, port, transport);
    }

    /// <summary>The plan for a Unix domain socket or a Maildir: one host, "localhost", which nobody connects to by TCP.</summary>
    public static Deliver ForLocal(Transport transport) =>
        new(SiteName.Of([Route.LocalHost], 0, transport), [new MxHost(Route.LocalHost, 0, [IPAddress.Loopback])], 0, LiteralTimeToLive)
        {
            Transport = transport,
        };

    private static MxPlan FromHosts(DomainName domain, MxAnswer.Hosts answer, LocalIdentity self, int port, Transport transport)
    {
        var usable = answer.All;
        var own = transport.IsFinal ? null : usable.Where(h => self.Is(h, port)).Select(h => (int?)h.Preference).Min();
        if (own is { } limit) usable = [.. usable.Where(h => h.Preference < limit)];
        if (usable.IsEmpty && own is not null)
            return new Undeliverable(SmtpReply.Of(554, "5.4.6", $"Mail for {domain} loops back to {self.Hostname}"), answer.TimeToLive);
        ImmutableArray<MxHost> reachable = [.. usable.Where(h => !h.Addresses.IsDefaultOrEmpty).OrderBy(h => h.Preference)];
        // The site is named after all exchangers: one whose address is missing for a moment must not make another site of it.
        return reachable.IsEmpty
            ? WithoutAddress(domain, usable, answer.TimeToLive)
            : new Deliver(SiteName.Of(usable.Select(h => h.Name), port, transport), reachable, port, answer.TimeToLive) { Transport = transport };
    }

    private static MxPlan WithoutAddress(DomainName domain, ImmutableArray<MxHost> hosts, TimeSpan timeToLive)
    {
        var failed = hosts.FirstOrDefault(h => h.FailureIsTemporary) ?? hosts.FirstOrDefault();
        var why = failed is null ? "no exchanger" : $"{failed.Name}: {failed.Failure ?? "no address"}";
        return failed is { FailureIsTemporary: true }
            ? new TryLater(SmtpReply.Of(451, "4.4.3", $"No exchanger of {domain} has an address for now ({why})"))
            : new Undeliverable(SmtpReply.Of(550, "5.4.4", $"No exchanger of {domain} has an address ({why})"), timeToLive);
    }
}
