namespace Actors.Mta.IO.Smtp;

/// <summary>
/// Whether a message comes in fast enough: in each window of waiting at least so many octets a second. A window that was kept
/// begins anew, so that a fast start does not pay for a trickle behind it.
/// </summary>
/// <param name="rate">Octets a second; 0: any pace will do.</param>
internal struct BodyPace(int rate, TimeSpan window)
{
    private readonly long _window = (long)window.TotalMilliseconds;
    private long _waited;
    private long _octets;

    /// <summary>After each wait for the client.</summary>
    /// <param name="waited">Milliseconds.</param>
    public bool Keeps(long waited, long octets)
    {
        if (rate == 0) return true;
        _waited += waited;
        _octets += octets;
        if (_waited < _window) return true;
        if (_octets * 1000 < rate * _waited) return false;
        _waited = _octets = 0;
        return true;
    }
}
