using System.Text.Json.Serialization;

namespace Actors.Mta.Node.Injection;

/// <summary>Body of POST /api/v1/messages: an envelope, and either a whole message or what one is made of. docs/injection.md has the words for users.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record MessageRequest
{
    /// <summary>The envelope's sender, to whom notifications go; "" for none. Also the From field unless fromHeader says it.</summary>
    public string? From { get; init; }
    /// <summary>Who gets it. With values for anybody, each gets a message of its own.</summary>
    public RecipientRequest[]? To { get; init; }
    /// <summary>Who gets it without standing in its To field.</summary>
    public RecipientRequest[]? Bcc { get; init; }
    /// <summary>Each gets a message of its own, that names no other.</summary>
    public bool Separate { get; init; }
    /// <summary>The whole message, as in RFC 5322.</summary>
    public string? Raw { get; init; }
    /// <summary>The same in Base64, for octets that are no UTF-8.</summary>
    public byte[]? RawBase64 { get; init; }
    public string? FromHeader { get; init; }
    /// <summary>The To field; else the addresses of "to".</summary>
    public string? ToHeader { get; init; }
    public string? ReplyTo { get; init; }
    public string? Subject { get; init; }
    public string? Text { get; init; }
    public string? Html { get; init; }
    /// <summary>Further fields of the header.</summary>
    public Dictionary<string, string>? Headers { get; init; }
    public AttachmentRequest[]? Attachments { get; init; }
    /// <summary>Values for all recipients; those of a recipient are stronger.</summary>
    public Dictionary<string, string>? Substitutions { get; init; }
    public string? Tenant { get; init; }
    public string? Campaign { get; init; }
    /// <summary>Not before; else at once.</summary>
    public DateTimeOffset? SendAt { get; init; }
    /// <summary>When the sender is notified (RFC 3461 4.1): "never", or some of "success", "failure", "delay"; else as usual.</summary>
    public string[]? Notify { get; init; }
    /// <summary>By which the same request is known when it comes again; the header Idempotency-Key says the same.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>One recipient.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RecipientRequest
{
    public required string Address { get; init; }
    /// <summary>Values for {{name}} in subject, text, html, header fields and raw.</summary>
    public Dictionary<string, string>? Substitutions { get; init; }
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record AttachmentRequest
{
    /// <summary>The file's name.</summary>
    public required string Name { get; init; }
    /// <summary>Such as "application/pdf"; else by the name.</summary>
    public string? Type { get; init; }
    /// <summary>In Base64.</summary>
    public required byte[] Content { get; init; }
    /// <summary>By which html shows it as "cid:…"; then it is no attachment but a part of the text.</summary>
    public string? ContentId { get; init; }
}

/// <summary>What became of a request.</summary>
/// <param name="Repeated">It was done when it came before: nothing was queued now.</param>
internal sealed record MessagesResult(MessageResult[] Messages, bool Repeated);

/// <param name="Id">The queue id; null: it is not queued.</param>
/// <param name="Accepted">Addresses to which it will be delivered.</param>
/// <param name="Refused">Addresses to which it will not, and why.</param>
/// <param name="Error">Why it is not queued, as SMTP would say it; null: it is, or nobody of its recipients is accepted.</param>
internal sealed record MessageResult(string? Id, string[] Accepted, RefusedResult[] Refused, string? Error);

internal sealed record RefusedResult(string Address, string Reply);
