using System.Collections.Immutable;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Delivery;

namespace Actors.Mta.Engine.Settings;

/// <summary>Reads mta.delivery, mta.retry and mta.domains, where limits, routes and schedules of sites and domains come together.</summary>
internal static class DomainsReader
{
    private static readonly string[] DomainKeys = ["route", "tls", "ca-file", "user", "password", "site", "retry"];

    public static (DeliverySettings Delivery, RetrySettings Retry) Read(ConfigSection mta)
    {
        var delivery = mta.Section("delivery");
        var site = delivery.Section("site");
        var retry = mta.Section("retry");
        var defaults = ReadSite(site);

        var routes = ImmutableDictionary.CreateBuilder<string, Route>();
        var limits = ImmutableDictionary.CreateBuilder<string, SiteLimits>();
        var schedules = ImmutableDictionary.CreateBuilder<string, RetrySchedule>();
        var tls = ImmutableDictionary.CreateBuilder<string, ClientSecurity>();
        var logins = ImmutableDictionary.CreateBuilder<string, ClientSecurity>();
        foreach (var (pattern, domain) in Patterns(mta.Entries("domains"), "a domain", everything: true))
        {
            // Asked for in any case, so that the keys are known and their values checked.
            var route = ReadRoute(domain);
            var security = RouteSecurityReader.ReadTls(domain);
            var login = RouteSecurityReader.ReadLogin(domain);
            RouteSecurityReader.Check(domain, route, security);
            var own = ReadDomainLimits(domain, site);
            var schedule = ReadRetry(domain.Section("retry", retry));
            if (route is not null) (routes[pattern], logins[pattern]) = (route, new ClientSecurity { Credentials = login });
            if (security is not null) tls[pattern] = security;
            if (domain.Has("site")) limits[pattern] = own;
            if (domain.Has("retry")) schedules[pattern] = schedule;
            if (!Array.Exists(DomainKeys, domain.Has))
                domain.Problem("sets nothing; it takes route, tls, site { … } and retry { … }", fatal: false);
        }

        return (
            new DeliverySettings
            {
                Default = defaults,
                Sites = ReadSites(delivery, site),
                Routes = routes.ToImmutable(),
                Tls = tls.ToImmutable(),
                Logins = logins.ToImmutable(),
                Domains = limits.ToImmutable(),
                Port = delivery.Port("port"),
                MaxConnections = delivery.Whole("max-connections"),
                RecipientsPerTransaction = delivery.Whole("recipients-per-transaction"),
                MaildirWriters = delivery.Whole("maildir-writers", 1, 1024),
                InDoubt = delivery.Choice("in-doubt", ("retry", InDoubtPolicy.Retry), ("report", InDoubtPolicy.Report)),
            },
            new RetrySettings(ReadRetry(retry), schedules.ToImmutable()));
    }

    private static ImmutableDictionary<string, SiteLimits> ReadSites(ConfigSection delivery, ConfigSection site)
    {
        var sites = ImmutableDictionary.CreateBuilder<string, SiteLimits>();
        foreach (var (pattern, section) in Patterns(delivery.Entries("sites", _ => site), "an exchanger's host name", everything: false))
            sites[pattern] = ReadSite(section);
        return sites.ToImmutable();
    }

    /// <summary>The entries of a map whose keys are domain patterns; those that can never match or say the same twice are problems.</summary>
    private static IEnumerable<(string Pattern, ConfigSection Section)> Patterns(
        IEnumerable<ConfigSection> entries, string what, bool everything)
    {
        var seen = new Dictionary<string, ConfigSection>(StringComparer.Ordinal);
        foreach (var section in entries)
        {
            var name = section.Name;
            var wrong = name == DomainPattern.Everything
                ? everything ? null : $"is not {what}; limits for all sites are mta.delivery.site"
                : DomainPattern.Explain(name);
            var pattern = wrong is null ? DomainPattern.Canonical(name) : name;
            if (wrong is not null) section.Problem(wrong);
            else if (!seen.TryAdd(pattern, section))
                section.Problem($"is the same as \"{seen[pattern].Name}\" ({seen[pattern].Source}); keep one of them");
            yield return (pattern, section);
        }
    }

    private static Route? ReadRoute(ConfigSection domain)
    {
        var text = domain.OptionalText("route", "\"host\" (its MX), \"[host]\", \"[192.0.2.1]\", each with an optional :port and "
            + "lmtp: or smtps: in front, \"lmtp:unix:/path\", or \"maildir:/path/{domain}/{local}\"");
        if (text is null) return null;
        if (Route.TryParse(text, out var route, out var problem)) return route;
        domain.Problem("route", $"\"{text}\" {problem}");
        return null;
    }

    /// <summary>
    /// What a domain does not limit, it leaves to its site: such a limit is the widest, so that it never is the stricter one in
    /// <see cref="SiteLimits.Smallest"/>.
    /// </summary>
    private static SiteLimits ReadDomainLimits(ConfigSection domain, ConfigSection site)
    {
        var own = domain.Section("site", site);
        var connections = own.Whole("connections");
        var messages = own.Whole("messages-per-connection");
        var (connectionRate, messageRate) = (own.RateOrUnlimited("connection-rate"), own.RateOrUnlimited("message-rate"));
        return new SiteLimits
        {
            Connections = own.Has("connections") ? connections : int.MaxValue,
            MessagesPerConnection = own.Has("messages-per-connection") ? messages : int.MaxValue,
            ConnectionRate = own.Has("connection-rate") ? connectionRate : null,
            MessageRate = own.Has("message-rate") ? messageRate : null,
            IdleTimeout = TimeSpan.MaxValue,
            DeadFor = TimeSpan.Zero,
            DeadForAtMost = TimeSpan.Zero,
        };
    }

    private static SiteLimits ReadSite(ConfigSection site)
    {
        var limits = new SiteLimits
        {
            Connections = site.Whole("connections"),
            ConnectionRate = site.RateOrUnlimited("connection-rate"),
            MessageRate = site.RateOrUnlimited("message-rate"),
            MessagesPerConnection = site.Whole("messages-per-connection"),
            IdleTimeout = site.Duration("idle-timeout"),
            DeadFor = site.Duration("dead-for", TimeSpan.FromMilliseconds(100)),
            DeadForAtMost = site.Duration("dead-for-at-most"),
        };
        if (limits.DeadForAtMost < limits.DeadFor) site.Problem("dead-for-at-most", "is shorter than dead-for");
        return limits;
    }

    private static RetrySchedule ReadRetry(ConfigSection retry)
    {
        var schedule = new RetrySchedule
        {
            Transport = ReadDelays(retry, "transport"),
            Greylist = ReadDelays(retry, "greylist"),
            Other = ReadDelays(retry, "other"),
            Jitter = retry.Fraction("jitter"),
            ExpireAfter = retry.Duration("expire-after", TimeSpan.FromSeconds(1)),
            ExpireNotificationsAfter = retry.Duration("expire-notifications-after", TimeSpan.FromSeconds(1)),
            WarnAfter = retry.DurationOr("warn-after", "never"),
        };
        if (schedule.WarnAfter >= schedule.ExpireAfter)
            retry.Problem("warn-after", "is not before expire-after: no delay will ever be reported", fatal: false);
        return schedule;
    }

    private static ImmutableArray<TimeSpan> ReadDelays(ConfigSection retry, string key)
    {
        var least = TimeSpan.FromMilliseconds(100);
        var delays = retry.Durations(key, least);
        if (!delays.IsEmpty) return delays;
        retry.Problem(key, "holds no delay; write at least one");
        return [least];
    }
}
