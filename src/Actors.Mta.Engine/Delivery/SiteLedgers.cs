using Akka.Actor;

namespace Actors.Mta.Engine.Delivery;

/// <summary>Where the SiteActors of a node ask for their shares of a site's limits. A node that works alone asks nobody.</summary>
/// <param name="Region">Takes <see cref="SiteProtocol.AskLedger"/> to the ledger of the site.</param>
/// <param name="Lease">How long a share is good for.</param>
/// <param name="WithoutLedger">How many of so many connections this node may have when no ledger answers any more.</param>
internal sealed record SiteLedgers(IActorRef Region, TimeSpan Lease, Func<int, int> WithoutLedger);
