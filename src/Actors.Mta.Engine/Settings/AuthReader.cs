using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Actors.Mta.Core.Configuration;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Users;
using Actors.Mta.IO.Users;

namespace Actors.Mta.Engine.Settings;

/// <summary>Reads mta.auth.</summary>
internal static class AuthReader
{
    public static AuthSettings Read(ConfigSection auth)
    {
        var provider = auth.Choice(
            "provider", ("none", AuthProvider.None), ("file", AuthProvider.File), ("sql", AuthProvider.Sql), ("dovecot", AuthProvider.Dovecot));
        return new AuthSettings
        {
            Provider = provider,
            Mechanisms = ReadMechanisms(auth, provider),
            File = ReadFile(auth, provider),
            Sql = ReadSql(auth.Section("sql"), provider),
            Dovecot = ReadDovecot(auth.Section("dovecot")),
            Guard = ReadGuard(auth.Section("guard")),
            MessageRate = auth.RateOrUnlimited("message-rate"),
            RecipientRate = auth.RateOrUnlimited("recipient-rate"),
            CacheFor = auth.Duration("cache-for"),
            HashThreads = auth.Whole("hash-threads", 0, 256),
        };
    }

    private static ImmutableArray<string> ReadMechanisms(ConfigSection auth, AuthProvider provider)
    {
        var mechanisms = auth.Texts("mechanisms", "a list of " + string.Join(", ", SaslMechanisms.Known))
            .Select(m => m.ToUpperInvariant()).Distinct().ToImmutableArray();
        if (mechanisms.IsEmpty && provider != AuthProvider.None) auth.Problem("mechanisms", "is empty: nobody could log in; provider = none says that");
        foreach (var mechanism in mechanisms)
        {
            // Dovecot may have mechanisms of which this program knows nothing.
            if (provider == AuthProvider.Dovecot ? IsName(mechanism) : SaslMechanisms.Known.Contains(mechanism)) continue;
            var nearest = NearestKey.Of(mechanism, SaslMechanisms.Known);
            auth.Problem("mechanisms", $"names {mechanism}, which this server does not have" + (nearest is null ? "" : $"; did you mean {nearest}?"));
        }
        if (provider == AuthProvider.Dovecot && mechanisms.Any(SaslMechanisms.BindsChannel) && auth.Has("mechanisms"))
            auth.Problem("mechanisms", "names a -PLUS mechanism, which is not offered with Dovecot: it does not know this server's certificate", fatal: false);
        return mechanisms;
    }

    // RFC 4422 3.1
    private static bool IsName(string text) =>
        text.Length <= 20 && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    private static string ReadFile(ConfigSection auth, AuthProvider provider)
    {
        var file = auth.Text("file", "a file of users");
        if (file.Length > 0) return Path.GetFullPath(file);
        if (provider == AuthProvider.File) auth.Problem("file", "is empty; it takes a file of users");
        return "";
    }

    private static AuthSqlSettings ReadSql(ConfigSection sql, AuthProvider provider)
    {
        var settings = new AuthSqlSettings(
            sql.Choice("provider", ("sqlite", "sqlite"), ("postgresql", "postgresql")),
            sql.Text("connection-string", "an ADO.NET connection string"),
            sql.Text("query", "a query with @user"),
            sql.Duration("timeout", TimeSpan.FromMilliseconds(100)));
        if (provider == AuthProvider.Sql && settings.ConnectionString.Length == 0)
            sql.Problem("connection-string", "is empty; it takes an ADO.NET connection string");
        if (!settings.Query.Contains("@user", StringComparison.OrdinalIgnoreCase))
            sql.Problem("query", "does not use @user: every user would be the same");
        return settings;
    }

    private static DovecotOptions ReadDovecot(ConfigSection dovecot)
    {
        const string values = "the path of a Unix socket, or an address with a port such as \"127.0.0.1:12345\"";
        var text = dovecot.Text("socket", values);
        EndPoint endpoint = new IPEndPoint(IPAddress.Loopback, 0);
        if (text is ['/', ..]) endpoint = new UnixDomainSocketEndPoint(text);
        else if (Units.TryEndpoint(text, 0, out var address) && address.Port > 0) endpoint = address;
        else dovecot.Problem("socket", $"takes {values}, not \"{text}\"");
        return new DovecotOptions(endpoint, dovecot.Duration("timeout", TimeSpan.FromMilliseconds(100)));
    }

    private static GuessLimits ReadGuard(ConfigSection guard)
    {
        var limits = new GuessLimits
        {
            FreeFailures = guard.Whole("free-failures", 0),
            FirstDelay = guard.Duration("first-delay"),
            LongestDelay = guard.Duration("longest-delay"),
            BlockAfter = guard.Whole("block-after"),
            BlockUserAfter = guard.Whole("block-user-after"),
            BlockFor = guard.Duration("block-for"),
            HalfLife = guard.Duration("half-life", TimeSpan.FromSeconds(1)),
            KnownFor = guard.Duration("known-for"),
            Entries = guard.Whole("entries", 100),
        };
        if (limits.FirstDelay > limits.LongestDelay) guard.Problem("first-delay", "is longer than mta.auth.guard.longest-delay");
        if (limits.BlockAfter <= limits.FreeFailures)
            guard.Problem("block-after", "is not above free-failures, so that nothing is ever slowed before it is blocked", fatal: false);
        return limits;
    }
}
