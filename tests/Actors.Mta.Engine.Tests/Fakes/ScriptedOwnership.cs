using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Delivery;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>Owns what the test says.</summary>
internal sealed class ScriptedOwnership : IOwnership
{
    private int _claims;
    private int _releases;
    private Action? _lost;

    public bool IsContested => true;

    public bool MayDeliver { get; set; } = true;

    /// <summary>False: another node is the owner.</summary>
    public bool Mine { get; set; } = true;

    /// <summary>Thrown by every claim.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The answer to a claim, when it is to come late.</summary>
    public Task<bool>? Answer { get; set; }

    public int Claims => Volatile.Read(ref _claims);

    public int Releases => Volatile.Read(ref _releases);

    public bool MayDeliverTo(DomainName domain) => MayDeliver;

    public bool Owns(int partition) => Mine && MayDeliver;

    public Task<bool> ClaimAsync(int partition, Action lost)
    {
        Interlocked.Increment(ref _claims);
        _lost = lost;
        if (Answer is { } later) return later;
        return Failure is null ? Task.FromResult(Mine) : Task.FromException<bool>(Failure);
    }

    public Task ReleaseAsync(int partition)
    {
        Interlocked.Increment(ref _releases);
        return Task.CompletedTask;
    }

    /// <summary>Another node has become the owner.</summary>
    public void Lose()
    {
        Mine = false;
        _lost!();
    }
}
