using System.Net;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A message that a user's program is to submit, and how; each class of clients takes one of these.</summary>
/// <param name="Authority">PEM file: whose certificates the client is to trust.</param>
public sealed record Submission(IPEndPoint Server, string Authority)
{
    /// <summary>TLS from the start (RFC 8314) instead of STARTTLS.</summary>
    public bool Implicit { get; init; }

    /// <summary>Empty: without AUTH.</summary>
    public string User { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>Empty leaves the choice to the client.</summary>
    public string Mechanism { get; init; } = "";

    public required string From { get; init; }

    public required string To { get; init; }

    public string Subject { get; init; } = "submitted";

    /// <summary>The whole message, for clients that do not write it themselves.</summary>
    public string Message => $"From: <{From}>\r\nTo: <{To}>\r\nSubject: {Subject}\r\n\r\nHello there.\r\n";
}
