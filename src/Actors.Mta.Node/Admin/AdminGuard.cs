using System.Net;

namespace Actors.Mta.Node.Admin;

/// <summary>
/// Keeps web pages in the operator's browser away from the admin interface, which has no log-in: the Host must be an
/// address or a name of this node (DNS rebinding), and what changes something needs a header that a form cannot set and a
/// script may not (cross-site requests).
/// </summary>
internal sealed class AdminGuard(string hostname)
{
    public const string Header = "X-Mta-Admin";

    /// <returns>Null when the request may pass, else why not.</returns>
    public string? Refuses(HttpRequest request)
    {
        if (!IsOwnName(request.Host.Host)) return $"host \"{request.Host.Host}\" is not a name of this node";
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && request.Headers[Header] != "1")
            return $"the header {Header}: 1 is missing";
        return null;
    }

    private bool IsOwnName(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out _)
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.Equals(hostname, StringComparison.OrdinalIgnoreCase);
}
