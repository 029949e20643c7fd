namespace Actors.Mta.Core.Smtp;

/// <summary>Header fields in which trusted senders name tenant and campaign (mta.tags); "" is none. A field that comes twice: the first counts.</summary>
public sealed record TagFields(string Tenant, string Campaign)
{
    public static TagFields None { get; } = new("", "");

    public bool Any => Tenant.Length > 0 || Campaign.Length > 0;
}
