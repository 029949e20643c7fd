using Akka.Actor;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// Props from a plain function. <c>Props.Create(() => new X(…))</c> takes an expression and compiles each of its arguments
/// anew for every actor, which costs more than the actor; with an actor per connection and per attempt that matters.
/// </summary>
internal static class ActorProps
{
    public static Props Of<T>(Func<T> make) where T : ActorBase => Props.CreateBy(new Producer<T>(make));

    private sealed class Producer<T>(Func<T> make) : IIndirectActorProducer where T : ActorBase
    {
        public Type ActorType => typeof(T);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor)
        {
            // Nothing was rented for it.
        }
    }
}
