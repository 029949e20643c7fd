using Actors.Mta.Core.Mail;

namespace Actors.Mta.IO.Spool;

/// <summary>A body on its way into a segment.</summary>
/// <param name="FromSegment">Where it is now when it is moved by compaction; 0 for a new body.</param>
/// <param name="FromOffset">Of the body in that segment.</param>
internal readonly record struct PendingBody(MessageId Id, ReadOnlyMemory<byte> Content, int FromSegment = 0, int FromOffset = 0)
{
    public int RecordLength => RecordHeader.Size + Content.Length;

    public bool IsMove => FromSegment != 0;
}

/// <summary>Where the writer put a body of a batch.</summary>
internal readonly record struct PlacedBody(PendingBody Body, HotBlock Block, int Offset);

/// <summary>Bodies that share one write and one sync. They succeed or fail together.</summary>
internal sealed class SpoolBatch
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<PendingBody> Bodies { get; } = [];

    public int Octets { get; private set; }

    /// <summary>Ends when the bodies are on stable storage, or with the <see cref="IOException"/> that kept them from it.</summary>
    public Task Done => _done.Task;

    public void Add(in PendingBody body)
    {
        Bodies.Add(body);
        Octets += body.RecordLength;
    }

    public void Complete() => _done.SetResult();

    public void Fail(IOException reason) => _done.SetException(reason);
}
