using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Actors.Mta.Core.Events;

/// <summary>
/// Something that became of mail: one line of the event log, as JSON, with the names below in lower case and what is null left out. docs/events.md has the
/// schema; names and meanings are only added to.
/// </summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Event">One of <see cref="MailEvents"/>.</param>
/// <param name="Node">Where, by its hostname.</param>
public sealed record MailEvent(DateTimeOffset Time, string Event, string Node)
{
    /// <summary>The queue id; null only for what is said of mail as a whole.</summary>
    public string? Id { get; init; }
    /// <summary>The envelope's sender; "" is the empty one.</summary>
    public string? From { get; init; }
    /// <summary>A recipient; null where all are meant.</summary>
    public string? To { get; init; }
    public string? Domain { get; init; }
    public string? Tenant { get; init; }
    public string? Campaign { get; init; }
    /// <summary>Octets.</summary>
    public long? Size { get; init; }
    public int? Recipients { get; init; }
    /// <summary>Who handed the message in.</summary>
    public string? Client { get; init; }
    /// <summary>As whom.</summary>
    public string? User { get; init; }
    /// <summary>The peer that answered: "mx.example.test[192.0.2.1]:25".</summary>
    public string? Host { get; init; }
    /// <summary>The protocol, such as TLSv1.3; null: in the clear.</summary>
    public string? Tls { get; init; }
    public int? Attempts { get; init; }
    /// <summary>Seconds since the message was accepted.</summary>
    public double? Delay { get; init; }
    /// <summary>When it is tried again.</summary>
    public DateTimeOffset? Next { get; init; }
    /// <summary>What the peer, or this node, said: "250 2.0.0 Ok".</summary>
    public string? Reply { get; init; }
    /// <summary>Why, where a reply does not say it.</summary>
    public string? Reason { get; init; }
    /// <summary>The queue id of the notification that was made.</summary>
    public string? Notification { get; init; }
}

/// <summary>What <see cref="MailEvent.Event"/> may be.</summary>
public static class MailEvents
{
    /// <summary>Accepted into the queue: 250 was or will be said.</summary>
    public const string Reception = "reception";
    /// <summary>A receiver took it for a recipient.</summary>
    public const string Delivery = "delivery";
    /// <summary>An attempt failed for now.</summary>
    public const string Deferral = "deferral";
    /// <summary>An attempt failed for good.</summary>
    public const string Bounce = "bounce";
    /// <summary>It is older than its schedule allows.</summary>
    public const string Expiration = "expiration";
    /// <summary>An operator, or mta.delivery.in-doubt, returned it to its sender.</summary>
    public const string Return = "return";
    /// <summary>An operator removed it.</summary>
    public const string Removal = "removal";
    /// <summary>A notification about it was queued.</summary>
    public const string Notification = "notification";
    /// <summary>Its receiver may have taken it without our hearing so.</summary>
    public const string InDoubt = "in-doubt";
    /// <summary>An operator holds mail back.</summary>
    public const string Hold = "hold";
    /// <summary>It is let go.</summary>
    public const string Release = "release";

    /// <summary>An operator has mail take another way.</summary>
    public const string Reroute = "reroute";
    /// <summary>Somebody did something by the admin interface, or was refused.</summary>
    public const string Administration = "administration";

    public static ImmutableArray<string> All { get; } =
        [Reception, Delivery, Deferral, Bounce, Expiration, Return, Removal, Notification, InDoubt, Hold, Release, Reroute, Administration];
}

/// <summary>Serializers for events, made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MailEvent))]
[JsonSerializable(typeof(MailEvent[]))]
public sealed partial class MailEventJson : JsonSerializerContext
{
    /// <summary>The same, leaving quotes and letters as they are: nothing of it goes into HTML.</summary>
    public static MailEventJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
