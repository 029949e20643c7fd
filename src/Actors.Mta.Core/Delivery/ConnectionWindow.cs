namespace Actors.Mta.Core.Delivery;

/// <summary>How many connections to a site are worth having for the messages that are ready for it.</summary>
public static class ConnectionWindow
{
    /// <summary>Share of the limit that each further ready message asks for; a few dozen messages open most of it.</summary>
    private const double Steepness = 0.023;

    /// <summary>
    /// A curve that opens connections sparingly for few messages and nears the limit for many: with a limit of 32, 1 message
    /// gets 1 connection, 10 get 7, 32 get 17 and 128 get 31. At least 1 when anything is ready and the limit allows any.
    /// </summary>
    /// <param name="ready">Messages that may go now.</param>
    /// <param name="limit">Most connections allowed.</param>
    public static int Desired(int ready, int limit)
    {
        if (ready <= 0 || limit <= 0) return 0;
        var share = limit * (1 - Math.Exp(-Steepness * ready));
        return Math.Clamp((int)Math.Ceiling(Math.Min(ready, share)), 1, limit);
    }
}
