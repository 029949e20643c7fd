using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>The parent of all listeners: /user/smtp.</summary>
internal sealed class SmtpActor : ReceiveActor
{
    /// <summary>Make a listener's actor; answered with its reference.</summary>
    public sealed record Add(string Name, ReceptionParts Parts);

    public SmtpActor() => Receive<Add>(add =>
    {
        var parts = add.Parts;
        Sender.Tell(Context.ActorOf(Props.Create(() => new ListenerActor(parts)), add.Name));
    });
}
