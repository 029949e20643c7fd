using System.Net;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>A load generator must not become somebody's flood: what it sends to, and under which names, unless told otherwise.</summary>
internal static class Safety
{
    /// <exception cref="FormatException">It is not on this machine, and nobody allowed that.</exception>
    public static void Target(IPEndPoint target, bool allowRemote)
    {
        if (!allowRemote && !IPAddress.IsLoopback(target.Address))
            throw new FormatException($"{target} is not a loopback address; --allow-remote sends there, if its owner agrees");
    }

    /// <exception cref="FormatException">A domain could be somebody's.</exception>
    public static void Domains(IEnumerable<string> domains, bool anyDomain)
    {
        if (anyDomain) return;
        foreach (var domain in domains)
            if (!domain.EndsWith(".test", StringComparison.OrdinalIgnoreCase))
                throw new FormatException($"{domain} does not end in .test (RFC 2606) and could be somebody's; --any-domain sends there all the same");
    }
}
