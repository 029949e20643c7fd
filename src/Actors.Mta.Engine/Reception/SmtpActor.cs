using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Hosting;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>The parent of all listeners: /user/smtp.</summary>
internal sealed class SmtpActor : ReceiveActor
{
    /// <summary>Make a listener's actor; answered with its reference.</summary>
    public sealed record Add(string Name, SessionPolicy Policy, ReceptionParts Parts);

    public SmtpActor() => Receive<Add>(add =>
    {
        var (policy, parts) = (add.Policy, add.Parts);
        Sender.Tell(Context.ActorOf(ActorProps.Of(() => new ListenerActor(policy, parts)), add.Name));
    });
}
