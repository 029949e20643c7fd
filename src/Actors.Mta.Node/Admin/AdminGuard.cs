using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Node.Admin;

/// <summary>
/// Who may ask what. Keeps web pages in the operator's browser away: the Host must be an address or a name of this node (DNS rebinding), and what changes
/// something is sent as JSON or with a header, neither of which a form can do and a script of another site may (cross-site requests). With tokens
/// (mta.admin.tokens-file), asks for one.
/// </summary>
/// <param name="tokens">Empty: whoever reaches the interface may do everything.</param>
internal sealed class AdminGuard(string hostname, ImmutableArray<AdminToken> tokens)
{
    public const string Header = "X-Mta-Admin";
    private const string UserItem = "mta.user";

    /// <summary>Whose token, or else whose certificate (mta.admin.tls.authority), came with the request; null: neither is asked for.</summary>
    public static string? UserOf(HttpContext context) => context.Items.TryGetValue(UserItem, out var user)
        ? (string?)user
        : context.Connection.ClientCertificate?.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <returns>Null when the request may pass.</returns>
    public IResult? Refuses(HttpContext context, AdminRoute route) => Refuses(context, route.IsHealth ? null : route.Right);

    /// <param name="right">That is needed; null: none.</param>
    /// <returns>Null when the request may pass.</returns>
    public IResult? Refuses(HttpContext context, AdminRight? right)
    {
        var request = context.Request;
        if (!IsOwnName(request.Host.Host)) return Answers.Error(StatusCodes.Status403Forbidden, $"host \"{request.Host.Host}\" is not a name of this node");
        if (HttpMethods.IsPost(request.Method) && request.Headers[Header] != "1" && request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
            return Answers.Error(StatusCodes.Status403Forbidden, $"the header {Header}: 1 is missing");
        if (tokens.IsEmpty || right is not { } needed) return null;
        if (Find(request) is not { } token)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Answers.Error(StatusCodes.Status401Unauthorized, "a token is needed: Authorization: Bearer TOKEN (mta.admin.tokens-file)");
        }
        context.Items[UserItem] = token.Name;
        return Allows(token.Right, needed)
            ? null
            : Answers.Error(StatusCodes.Status403Forbidden, $"the token \"{token.Name}\" allows {token.Right.ToString().ToLowerInvariant()}, not {needed.ToString().ToLowerInvariant()}");
    }

    private static bool Allows(AdminRight has, AdminRight needed) => has == needed || has == AdminRight.Act;

    private AdminToken? Find(HttpRequest request)
    {
        const string scheme = "Bearer ";
        if (request.Headers.Authorization is not [{ } header, ..] || !header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(header[scheme.Length..].Trim()));
        return tokens.FirstOrDefault(t => CryptographicOperations.FixedTimeEquals(t.Digest, digest));
    }

    private bool IsOwnName(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out _)
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.Equals(hostname, StringComparison.OrdinalIgnoreCase);
}
