using System.Text.Json;
using Actors.Mta.Core.Events;
using Actors.Mta.Engine.Events;
using Akka.Actor;
using Akka.Cluster;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Asks the TraceActor of every member, and puts their answers in order.</summary>
/// <param name="clustered">False: there is only this node.</param>
internal sealed class Traces(ActorSystem system, IActorRef own, string hostname, bool clustered) : ITraceView
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<TraceView> FindAsync(string subject, DateTimeOffset since, int limit, CancellationToken cancel)
    {
        var question = new TraceActor.Find(subject, since, limit);
        var answers = await Task.WhenAll(Places().Select(p => AskAsync(p.Node, p.Trace, question, cancel)));
        var events = answers.SelectMany(a => a.Lines).Select(l => JsonSerializer.Deserialize(l, MailEventJson.Plain.MailEvent)).OfType<MailEvent>();
        return new TraceView([.. events.OrderBy(e => e.Time)], [.. answers.Select(a => a.Silence).OfType<string>()]);
    }

    private IEnumerable<(string Node, ICanTell Trace)> Places()
    {
        if (!clustered) return [(hostname, own)];
        var cluster = Akka.Cluster.Cluster.Get(system);
        return cluster.State.Members.Where(m => m.Status is MemberStatus.Up or MemberStatus.Leaving).Select(m =>
            ($"{m.Address.Host}:{m.Address.Port}",
                m.Address == cluster.SelfAddress ? own : (ICanTell)system.ActorSelection(new RootActorPath(m.Address) / "user" / TraceActor.Name)));
    }

    private static async Task<(IReadOnlyList<string> Lines, string? Silence)> AskAsync(string node, ICanTell trace, TraceActor.Find question, CancellationToken cancel)
    {
        try
        {
            var found = await trace.Ask<TraceActor.Found>(question, Patience, cancel);
            return (found.Lines, found.Silence.Length > 0 ? $"{node}: {found.Silence}" : null);
        }
        catch (AskTimeoutException)
        {
            return ([], $"{node}: does not answer");
        }
    }
}
