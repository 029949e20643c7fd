using System.Reflection;

namespace Actors.Mta.Node.Admin;

/// <summary>
/// The web pages of the admin interface, from Admin/Web: one page, a script and a style sheet, which ask /api/v1 as the commands do. They load nothing
/// from other hosts, and the browser is told to refuse if they tried.
/// </summary>
internal static class Dashboard
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly (string Path, string Resource, string Type)[] Files =
    [
        ("/", "index.html", "text/html; charset=utf-8"), ("/app.js", "app.js", "text/javascript; charset=utf-8"), ("/app.css", "app.css", "text/css; charset=utf-8"),
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, resource, type) in Files)
        {
            var octets = Read(resource);
            routes.MapGet(path, (RequestDelegate)(context =>
            {
                var headers = context.Response.Headers;
                headers.ContentSecurityPolicy = Policy;
                headers.XContentTypeOptions = "nosniff";
                // After an upgrade of the node the old script would ask what is no more.
                headers.CacheControl = "no-cache";
                context.Response.ContentType = type;
                context.Response.ContentLength = octets.Length;
                return context.Response.Body.WriteAsync(octets).AsTask();
            }));
        }
    }

    private static byte[] Read(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Web.{resource}")
            ?? throw new InvalidOperationException($"The program lacks its page {resource}.");
        using var octets = new MemoryStream();
        stream.CopyTo(octets);
        return octets.ToArray();
    }
}
