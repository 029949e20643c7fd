using System.Collections.Immutable;
using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Reputation;

/// <summary>Who sends what to whom: the key of greylisting (RFC 6647 2.1).</summary>
/// <param name="Network">The client's network, as <see cref="GreylistPolicy.NetworkOf"/> writes it.</param>
/// <param name="Sender">In lower case; empty for the null sender.</param>
/// <param name="Recipient">In lower case.</param>
public readonly record struct Triplet(string Network, string Sender, string Recipient)
{
    public static Triplet Of(string network, EmailAddress sender, EmailAddress recipient) =>
        new(network, sender.Text.ToLowerInvariant(), recipient.Text.ToLowerInvariant());
}

/// <summary>Tried: a first attempt, told to come back. Passed: it came back. Used: it, or its network, was known.</summary>
public enum GreylistChange { Tried, Passed, Used }

/// <summary>Something that greylisting is to remember.</summary>
public sealed record GreylistEvent(GreylistChange Change, Triplet Triplet, DateTimeOffset At);

/// <summary>Several, written at once.</summary>
public sealed record GreylistEventBatch(ImmutableArray<GreylistEvent> Events);

/// <param name="First">Its first attempt.</param>
/// <param name="Last">Its last mail; the first attempt while it has not passed.</param>
public sealed record GreylistEntry(Triplet Triplet, DateTimeOffset First, DateTimeOffset Last, bool Passed);

/// <param name="Passed">Triplets of this network that have passed.</param>
public sealed record GreylistNetwork(string Network, int Passed, DateTimeOffset Last);

/// <summary>Everything that greylisting remembers.</summary>
public sealed record GreylistSnapshot(ImmutableArray<GreylistEntry> Entries, ImmutableArray<GreylistNetwork> Networks);
