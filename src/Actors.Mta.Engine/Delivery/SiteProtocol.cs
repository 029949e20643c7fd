using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;
using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>
/// What domains, sites, egress and connections say to each other. A domain registers demand; the site grants connections;
/// nobody polls.
/// </summary>
internal static class SiteProtocol
{
    /// <summary>Domain to sites: who is this site? Answered by <see cref="SiteFound"/>.</summary>
    public sealed record FindSite(SiteName Name, DomainName Domain, MxPlan.Deliver Plan);

    public sealed record SiteFound(SiteName Name, IActorRef Site);

    /// <summary>Domain to site: this is me, my plan and what my domain allows. Sent again when the plan changes.</summary>
    public sealed record Register(DomainName Domain, MxPlan.Deliver Plan);

    /// <summary>Domain to site: so many more of my messages are ready.</summary>
    public sealed record Demand(int Messages);

    /// <summary>Domain to site: so many fewer, without a grant used.</summary>
    public sealed record DemandGone(int Messages);

    /// <summary>Site to a free connection: pass yourself to this domain as a <see cref="Grant"/>.</summary>
    public sealed record GrantTo(IActorRef Domain);

    /// <summary>Connection to domain, for its site: send one message over this connection, or say <see cref="Unused"/>.</summary>
    public sealed record Grant(IActorRef Connection);

    /// <summary>Site to egress: a connection is allowed; open it and pass it to the domain as a Grant.</summary>
    public sealed record OpenConnection(IActorRef Domain, MxPlan.Deliver Plan, int MessagesPerConnection);

    /// <summary>Message to connection, which disposes the body when it is done with it.</summary>
    /// <param name="BeforeBody">See <see cref="ISmtpClientConnection.SendAsync"/>.</param>
    public sealed record Transmit(ClientTransaction Transaction, ISpoolBody Body, Func<ValueTask<bool>> BeforeBody);

    /// <summary>Domain or message to connection: the grant is not needed any more.</summary>
    public sealed record Unused
    {
        public static readonly Unused Instance = new();
    }

    /// <summary>Connection to message.</summary>
    public sealed record Transmitted(TransactionResult Result, string? Host, string? Tls);

    /// <summary>Connection to site: free for the next message.</summary>
    public sealed record ConnectionFree
    {
        public static readonly ConnectionFree Instance = new();
    }

    /// <summary>Connection to site: gone; <paramref name="Failure"/> when it could not be opened at all.</summary>
    /// <param name="Crashed">True when it did not mean to end: a grant that was on its way to it is lost.</param>
    public sealed record ConnectionClosed(SmtpReply? Failure, bool Crashed = false);

    /// <summary>Connection to site: the peer answered as it should; the site is alive.</summary>
    public sealed record ConnectionOpened
    {
        public static readonly ConnectionOpened Instance = new();
    }

    /// <summary>Site to connection: say QUIT.</summary>
    public sealed record CloseIdle
    {
        public static readonly CloseIdle Instance = new();
    }

    /// <summary>Site to its domains: nothing is granted before then, for this reason; null means it moves again.</summary>
    public sealed record SiteWaits(string? Reason, DateTimeOffset? Until);

    /// <summary>Domain to site: probe now (flush).</summary>
    public sealed record ProbeNow
    {
        public static readonly ProbeNow Instance = new();
    }

    /// <summary>Domain to site: add how you stand, and answer who has asked.</summary>
    public sealed record DescribeFor(DeliveryProtocol.DomainStatus SoFar, IActorRef Asker);

    /// <summary>Supervisor to sites: which have this exchanger, or this name?</summary>
    public sealed record DescribeAll(string Host, IActorRef Asker);

    /// <summary>Sites to the first of the sites that were asked for, and each of them to the next: the last one answers who has asked.</summary>
    public sealed record DescribeInTurn(ImmutableArray<DeliveryProtocol.SiteStatus> SoFar, ImmutableQueue<IActorRef> Next, IActorRef Asker);

    /// <summary>Site of a node to the ledger of that site, somewhere in the cluster.</summary>
    public sealed record AskLedger(SiteName Site, SiteWant Want);

    /// <summary>Ledger to the sites that it concerns.</summary>
    public sealed record LedgerAnswer(SiteShare Share);

    /// <summary>A new ledger to the sites of every node: what do you have of this site? Answered by an AskLedger, if anything, and <see cref="Reported"/>.</summary>
    /// <param name="Before">Shares with serials up to it are of an earlier ledger, and void from here on.</param>
    public sealed record Report(SiteName Site, long Before);

    public sealed record Reported(SiteName Site);

    /// <summary>Site to a busy connection: end at once, another node may have its slot.</summary>
    public sealed record CutOff
    {
        public static readonly CutOff Instance = new();
    }

    /// <summary>Sites to site, as the domain that asked: the first registration.</summary>
    public sealed record Introduce(DomainName Domain, MxPlan.Deliver Plan);

    /// <summary>Site to sites: nobody needs me. <paramref name="Introductions"/> came in all.</summary>
    public sealed record SiteIdle(SiteName Name, long Introductions);
}
