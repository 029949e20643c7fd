using System.Net;
using Actors.Mta.Core.Delivery;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// Counts the connections of one listener, in all and per client (an IPv4 address, an IPv6 /64: who has one has all of it),
/// and how often a client comes. All members may be called from any thread.
/// </summary>
internal sealed class Admission(int connections, int perClient, Rate? rate = null, TimeProvider? time = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ClientKey, int> _clients = [];
    private readonly ConnectionRates? _rates = rate is { } r ? new ConnectionRates(r) : null;
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private int _all;

    public int Connections
    {
        get
        {
            lock (_gate) return _all;
        }
    }

    /// <summary>Gives a seat when there is room; each is to be left once.</summary>
    /// <param name="client">Null when it is not known yet: see <see cref="Seat.Identify"/>.</param>
    public AdmissionResult Enter(IPAddress? client, out Seat? seat)
    {
        seat = null;
        lock (_gate)
        {
            if (_all >= connections) return AdmissionResult.TooManyInAll;
            var taken = new Seat(this);
            if (client is not null && Count(taken, client) is var result and not AdmissionResult.Admitted) return result;
            _all++;
            seat = taken;
            return AdmissionResult.Admitted;
        }
    }

    private AdmissionResult Count(Seat seat, IPAddress client)
    {
        var key = ClientKey.Of(client);
        var open = _clients.GetValueOrDefault(key);
        if (open >= perClient) return AdmissionResult.TooManyOfClient;
        if (_rates is not null && !_rates.TryTake(key, _time.GetUtcNow())) return AdmissionResult.TooOften;
        _clients[key] = open + 1;
        seat.Client = key;
        return AdmissionResult.Admitted;
    }

    private void Leave(Seat seat)
    {
        lock (_gate)
        {
            _all--;
            if (seat.Client is not { } key) return;
            if (_clients[key] == 1) _clients.Remove(key);
            else _clients[key]--;
        }
    }

    /// <summary>What one admitted connection holds.</summary>
    internal sealed class Seat(Admission admission)
    {
        public ClientKey? Client { get; set; }

        /// <summary>
        /// Counts the client of a seat that was taken without one. When it is not admitted, the seat is still to be left.
        /// </summary>
        public AdmissionResult Identify(IPAddress client)
        {
            lock (admission._gate) return admission.Count(this, client);
        }

        public void Leave() => admission.Leave(this);
    }
}

internal enum AdmissionResult { Admitted, TooManyInAll, TooManyOfClient, TooOften }
