using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Actors.Mta.Node.Admin;

/// <summary>How the admin interface answers.</summary>
internal static class Answers
{
    public static JsonHttpResult<T> Json<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(value, type, statusCode: status);

    public static JsonHttpResult<AdminError> Error(int status, string message) => Json(new AdminError(message), AdminJson.Plain.AdminError, status);

    public static JsonHttpResult<AdminError> NotFound(string message) => Error(StatusCodes.Status404NotFound, message);
}

/// <summary>The request cannot be done as it stands; the message says what is wrong. Answered by 400.</summary>
internal sealed class BadRequestException(string message) : Exception(message);
