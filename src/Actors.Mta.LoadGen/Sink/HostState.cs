using System.Net;
using System.Text;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>What a host with a personality remembers of its clients: connections, rates, triplets. Threads may ask at the same time.</summary>
internal sealed class HostState(Personality personality, TimeProvider time)
{
    /// <summary>Triplets beyond are not greylisted: memory has an end.</summary>
    private const int MaxTriplets = 1_000_000;

    private readonly long _start = time.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Client> _clients = [];
    private readonly Dictionary<string, TimeSpan> _firstSeen = new(StringComparer.OrdinalIgnoreCase);

    public Personality Personality { get; } = personality;

    /// <summary>Since the sink started.</summary>
    private TimeSpan Age => time.GetElapsedTime(_start);

    public Outage? Outage => Personality.Outages.IsEmpty ? null : Personality.OutageAt(Age);

    /// <summary>A client connects.</summary>
    /// <returns>The reply that refuses it, or null; then <see cref="Leave"/> is owed.</returns>
    public string? Enter(IPAddress address)
    {
        lock (_lock)
        {
            var client = ClientOf(address);
            if (client.Connections >= Personality.Connections) return Personality.Texts.TooManyConnections;
            if (client.ConnectionRate is { } rate && !rate.TryTake(Age)) return Personality.Texts.TooFastConnections;
            client.Connections++;
            return null;
        }
    }

    public void Leave(IPAddress address)
    {
        lock (_lock) ClientOf(address).Connections--;
    }

    /// <summary>A client begins a message.</summary>
    /// <returns>The reply that refuses it, or null.</returns>
    public string? Mail(IPAddress address, int sentOnConnection)
    {
        if (sentOnConnection >= Personality.MessagesPerConnection) return Personality.Texts.EnoughOnConnection;
        if (Personality.MessageRate is null) return null;
        lock (_lock) return ClientOf(address).MessageRate!.TryTake(Age) ? null : Personality.Texts.TooFastMessages;
    }

    /// <summary>A recipient of a message.</summary>
    /// <returns>The reply that refuses it, or null.</returns>
    public string? Recipient(IPAddress address, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> recipient, int already)
    {
        if (Outage is { Kind: OutageKind.Defers }) return Personality.Texts.Deferred;
        if (already >= Personality.RecipientsPerMessage) return Personality.Texts.TooManyRecipients;
        if (Personality.UnknownUsers > 0 && Stamp.SumOf(recipient) / (double)uint.MaxValue < Personality.UnknownUsers)
            return Personality.Texts.UnknownUser;
        if (Personality.Greylist is not { } greylist) return null;
        var triplet = $"{address} {Encoding.Latin1.GetString(sender)} {Encoding.Latin1.GetString(recipient)}";
        lock (_lock)
        {
            var now = Age;
            if (_firstSeen.TryGetValue(triplet, out var first)) return now - first >= greylist.Wait ? null : Personality.Texts.Greylisted;
            if (_firstSeen.Count >= MaxTriplets) return null;
            _firstSeen[triplet] = now;
            return Personality.Texts.Greylisted;
        }
    }

    private Client ClientOf(IPAddress address)
    {
        if (_clients.TryGetValue(address, out var client)) return client;
        return _clients[address] = new Client
        {
            ConnectionRate = Personality.ConnectionRate is { } c ? new SlidingWindow(c) : null,
            MessageRate = Personality.MessageRate is { } m ? new SlidingWindow(m) : null,
        };
    }

    private sealed class Client
    {
        public int Connections { get; set; }
        public SlidingWindow? ConnectionRate { get; init; }
        public SlidingWindow? MessageRate { get; init; }
    }
}
