using System.Text.Json;
using Actors.Mta.Core.Events;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Events;
using Akka.Actor;

namespace Actors.Mta.Engine.Events;

/// <summary>Looks events up in this node's log for whoever asks, of this node or of another. One look at a time: it reads whole files.</summary>
internal sealed class TraceActor : ReceiveActor, IWithUnboundedStash
{
    public const string Name = "trace";

    private readonly EventLog? _log;
    private readonly string _directory;

    /// <param name="log">Null: events are off.</param>
    public TraceActor(EventLog? log, string directory)
    {
        (_log, _directory) = (log, directory);
        Idle();
    }

    /// <summary>What was written of a message, or of an address? Answered by <see cref="Found"/>.</summary>
    /// <param name="Subject">A queue id or an address.</param>
    /// <param name="Since">Only later events, of an address.</param>
    /// <param name="Limit">The latest so many.</param>
    public sealed record Find(string Subject, DateTimeOffset Since, int Limit);

    /// <param name="Lines">JSON, oldest first.</param>
    /// <param name="Silence">Why this node cannot say; empty: it has said all.</param>
    public sealed record Found(IReadOnlyList<string> Lines, string Silence);

    public IStash Stash { get; set; } = null!;

    private void Idle() => Receive<Find>(OnFind);

    private void OnFind(Find find)
    {
        var (log, directory, asker) = (_log, _directory, Sender);
        Task.Run(() => Look(find, log, directory)).PipeTo(Self, success: found => new Looked(asker, found), failure: e => new Looked(asker, new Found([], e.GetBaseException().Message)));
        Become(Looking);
    }

    private void Looking()
    {
        Receive<Looked>(looked =>
        {
            looked.Asker.Tell(looked.Answer);
            Become(Idle);
            Stash.UnstashAll();
        });
        Receive<Find>(_ => Stash.Stash());
    }

    private static Found Look(Find find, EventLog? log, string directory)
    {
        if (log is null) return new Found([], "mta.events.enabled is off");
        log.Flush();
        var events = MessageId.TryParse(find.Subject, out var id)
            ? EventSearch.OfMessage(directory, id.ToString(), id.Arrived, find.Limit)
            : EventSearch.OfAddress(directory, find.Subject, find.Since, find.Limit);
        return new Found([.. events.Select(e => JsonSerializer.Serialize(e, MailEventJson.Plain.MailEvent))], "");
    }

    private sealed record Looked(IActorRef Asker, Found Answer);
}
