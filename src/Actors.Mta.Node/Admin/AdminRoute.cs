using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;

namespace Actors.Mta.Node.Admin;

/// <summary>One thing that the admin interface answers or does. The routes, and the document about them (<see cref="OpenApiDocument"/>), are made of these.</summary>
/// <param name="Path">As in OpenAPI and in routing: "/api/v1/queue/{id}".</param>
/// <param name="Summary">What it is for, in a sentence.</param>
/// <param name="Answer">Of a 200; null: lines of text, as they come.</param>
internal sealed record AdminRoute(string Method, string Path, string Summary, JsonTypeInfo? Answer, Func<HttpContext, Task<IResult>> Do)
{
    public ImmutableArray<AdminParameter> Parameters { get; init; } = [];

    /// <summary>What the request carries; null: nothing.</summary>
    public JsonTypeInfo? Body { get; init; }

    /// <summary>Who may.</summary>
    public AdminRight Right { get; init; } = AdminRight.Act;

    /// <summary>Anybody may ask, and it is not the business of API clients.</summary>
    public bool IsHealth => Path.StartsWith("/health/", StringComparison.Ordinal);

    /// <summary>It changes something, and is written down.</summary>
    public bool IsAction => Method == HttpMethods.Post;

    /// <summary>Such as "queue bounce", for the log.</summary>
    public string Name => Path.Replace("/api/v1/", "", StringComparison.Ordinal).Replace('/', ' ');

    public static AdminRoute Get(string path, string summary, JsonTypeInfo? answer, Func<HttpContext, Task<IResult>> answerWith, params ImmutableArray<AdminParameter> parameters) =>
        new(HttpMethods.Get, path, summary, answer, answerWith) { Right = AdminRight.Read, Parameters = parameters };

    public static AdminRoute Post(string path, string summary, JsonTypeInfo answer, Func<HttpContext, Task<IResult>> answerWith, params ImmutableArray<AdminParameter> parameters) =>
        new(HttpMethods.Post, path, summary, answer, answerWith) { Parameters = parameters };
}

/// <summary>A parameter of a route: in its path where that names it, else in the query.</summary>
internal sealed record AdminParameter(string Name, string Description, bool Required = false);

/// <summary>What the bearer of a token may do.</summary>
internal enum AdminRight
{
    /// <summary>Hand messages over, and nothing else.</summary>
    Inject,
    /// <summary>See everything.</summary>
    Read,
    /// <summary>See and do everything.</summary>
    Act,
}
