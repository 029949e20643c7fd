using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Actors.Mta.Node.Admin;

/// <summary>The description of the admin interface for programs (OpenAPI 3.1): made of its routes and of the types that they answer with.</summary>
internal static class OpenApiDocument
{
    private static readonly (string Status, string Description)[] Errors =
    [
        ("400", "The request cannot be done as it stands"), ("401", "No token, or one that is not known"), ("403", "The token does not allow it, or a browser's page asks"),
        ("404", "There is no such thing"), ("503", "Not now: the queue does not answer, or takes no more"),
    ];

    public static byte[] Write(IEnumerable<AdminRoute> routes, string version)
    {
        var (paths, schemas) = (new JsonObject(), new JsonObject());
        Reference(AdminJson.Plain.AdminError, schemas);
        foreach (var path in routes.Where(r => !r.IsHealth).GroupBy(r => r.Path))
            paths[path.Key] = new JsonObject(path.Select(r => KeyValuePair.Create(r.Method.ToLowerInvariant(), (JsonNode?)Operation(r, schemas))));
        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Actors.Mta admin interface",
                ["version"] = version,
                ["description"] = "What the commands of mta and the dashboard use. What changes something is sent as JSON, or with the header X-Mta-Admin: 1.",
            },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
            ["security"] = new JsonArray(new JsonObject(), new JsonObject { ["token"] = new JsonArray() }),
        };
        return JsonSerializer.SerializeToUtf8Bytes(document, AdminJson.Plain.JsonObject);
    }

    private static JsonObject Operation(AdminRoute route, JsonObject schemas)
    {
        var responses = new JsonObject { ["200"] = route.Answer is { } answer ? Response("Done", Reference(answer, schemas)) : new JsonObject { ["description"] = "Lines, as they come", ["content"] = new JsonObject { ["text/plain"] = new JsonObject() } } };
        foreach (var (status, description) in Errors) responses[status] = Response(description, Reference(AdminJson.Plain.AdminError, schemas));
        var operation = new JsonObject
        {
            ["operationId"] = $"{route.Method.ToLowerInvariant()} {route.Name}".Replace(' ', '-').Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal),
            ["summary"] = route.Summary,
            ["parameters"] = new JsonArray([.. route.Parameters.Select(p => Parameter(p, route.Path))]),
            ["responses"] = responses,
        };
        if (route.Body is { } body) operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(Reference(body, schemas)) };
        return operation;
    }

    private static JsonObject Parameter(AdminParameter parameter, string path) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = path.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal) ? "path" : "query",
        ["description"] = parameter.Description,
        ["required"] = parameter.Required,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Response(string description, JsonObject schema) => new() { ["description"] = description, ["content"] = Content(schema) };

    private static JsonObject Content(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    /// <summary>Each type once; an array by its elements.</summary>
    private static JsonObject Reference(JsonTypeInfo type, JsonObject schemas)
    {
        if (type.Type.IsArray)
            return new JsonObject { ["type"] = "array", ["items"] = Reference(type.Options.GetTypeInfo(type.Type.GetElementType()!), schemas) };
        if (!schemas.ContainsKey(type.Type.Name)) schemas[type.Type.Name] = type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
        return new JsonObject { ["$ref"] = $"#/components/schemas/{type.Type.Name}" };
    }
}
