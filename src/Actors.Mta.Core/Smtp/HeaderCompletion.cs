namespace Actors.Mta.Core.Smtp;

/// <summary>The fields that a submitted message gets when it lacks them (RFC 6409 8.1, 8.2).</summary>
/// <param name="Date">Value of Date, "Tue, 04 Nov 2025 03:26:07 +0000" (RFC 5322 3.3).</param>
/// <param name="MessageId">Value of Message-ID with its brackets, "&lt;01ARZ3NDEKTSV4RRFFQ69G5FAV@mx.test&gt;".</param>
public sealed record HeaderCompletion(string Date, string MessageId);
