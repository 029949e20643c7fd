using System.Net;

namespace Actors.Mta.IO.Smtp;

/// <summary>Counts the connections of one listener, in all and per client address. All members may be called from any thread.</summary>
internal sealed class Admission(int connections, int perClient)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _clients = [];
    private int _all;

    public int Connections
    {
        get
        {
            lock (_gate) return _all;
        }
    }

    /// <summary>Counts one more connection when there is room; each admitted one must <see cref="Leave"/> once.</summary>
    public AdmissionResult Enter(IPAddress client)
    {
        lock (_gate)
        {
            if (_all >= connections) return AdmissionResult.TooManyInAll;
            var open = _clients.GetValueOrDefault(client);
            if (open >= perClient) return AdmissionResult.TooManyOfClient;
            _clients[client] = open + 1;
            _all++;
            return AdmissionResult.Admitted;
        }
    }

    public void Leave(IPAddress client)
    {
        lock (_gate)
        {
            _all--;
            if (_clients[client] == 1) _clients.Remove(client);
            else _clients[client]--;
        }
    }
}

internal enum AdmissionResult { Admitted, TooManyInAll, TooManyOfClient }
