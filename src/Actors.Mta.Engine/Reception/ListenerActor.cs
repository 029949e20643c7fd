using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.IO.Smtp;
using Akka.Actor;

namespace Actors.Mta.Engine.Reception;

/// <summary>The parent of a listener's sessions.</summary>
internal sealed class ListenerActor : ReceiveActor
{
    private long _serial;

    public ListenerActor(SessionPolicy policy, ReceptionParts parts)
    {
        Receive<ActorSession.Opened>(opened =>
        {
            var session = opened.Session;
            Context.ActorOf(ActorProps.Of(() => new SmtpSessionActor(session, policy, parts)), $"{++_serial}");
        });
    }

    // A session that crashed cannot know where its dialogue was; the connection is closed (SmtpSessionActor.PostStop).
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);
}

/// <summary>Makes sessions whose actor is a child of <paramref name="listener"/>.</summary>
internal sealed class ActorSessionFactory(IActorRef listener) : ISmtpSessionFactory
{
    public ISmtpSession Create(SessionFacts facts) => new ActorSession(facts, listener);
}
