using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Dns;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Checks;

/// <summary>What the checks ask and tell.</summary>
/// <param name="Hostname">Our own name.</param>
/// <param name="IsLocal">True for domains whose mail is kept here.</param>
/// <param name="Greylist">A <see cref="GreylistActor"/>; null when mta.checks.greylist is off.</param>
public sealed record CheckParts(
    CheckSettings Settings, string Hostname, Func<DomainName, bool> IsLocal, IMxResolver Mx, IClientLookup Clients, IActorRef? Greylist,
    TimeProvider Clock, ILogger Log);

/// <summary>The checks of mta.checks. Clients of mta.checks.exempt are asked nothing; ours and those that log in are kept away by the session.</summary>
public sealed class ReceptionChecks(CheckParts parts) : IReceptionChecks
{
    public IClientChecks Begin(SessionFacts facts) =>
        parts.Settings.IsExempt(facts.Client.Address) ? NoChecks.Instance : new ClientChecks(parts, facts);

    private sealed class NoChecks : IClientChecks
    {
        public static readonly NoChecks Instance = new();

        public ValueTask<SmtpReply?> OnMailAsync(string? helo, EmailAddress sender, CancellationToken cancel) => default;

        public ValueTask<SmtpReply?> OnRecipientAsync(EmailAddress sender, Recipient recipient, CancellationToken cancel) => default;
    }
}
