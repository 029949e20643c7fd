using System.Collections.Immutable;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Users;
using Actors.Mta.IO.Users;

namespace Actors.Mta.Engine.Settings;

/// <summary>mta.auth: who may log in, and what users may send.</summary>
public sealed record AuthSettings
{
    /// <summary>SASL mechanisms in the order in which they are announced, upper case.</summary>
    public ImmutableArray<string> Mechanisms { get; init; } = ["PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];
    public AuthProvider Provider { get; init; }
    /// <summary>Absolute path of the users file.</summary>
    public string File { get; init; } = "";
    public AuthSqlSettings Sql { get; init; } = new("sqlite", "", "", TimeSpan.FromSeconds(5));
    public DovecotOptions Dovecot { get; init; } = new(new IPEndPoint(IPAddress.Loopback, 0), TimeSpan.FromSeconds(30));
    public GuessLimits Guard { get; init; } = new();
    /// <summary>For users without a rate of their own; null is unlimited.</summary>
    public Rate? MessageRate { get; init; }
    /// <summary>For users without a rate of their own; null is unlimited.</summary>
    public Rate? RecipientRate { get; init; }
    /// <summary>How long a right password is remembered; zero is not at all.</summary>
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>Threads that check password hashes; 0 is one for each processor.</summary>
    public int HashThreads { get; init; }

    public bool CanLogIn => Provider != AuthProvider.None;

    /// <summary>
    /// The mechanisms that listeners may offer: none without a provider, and none that bind the channel with Dovecot, which does not know our
    /// certificate.
    /// </summary>
    public ImmutableArray<string> Offered => Provider switch
    {
        AuthProvider.None => [],
        AuthProvider.Dovecot => Mechanisms.RemoveAll(SaslMechanisms.BindsChannel),
        _ => Mechanisms,
    };
}

/// <summary>Where users are kept. None: nobody can log in, AUTH is not offered.</summary>
public enum AuthProvider { None, File, Sql, Dovecot }

/// <summary>mta.auth.sql.</summary>
/// <param name="Provider">"sqlite" or "postgresql".</param>
public sealed record AuthSqlSettings(string Provider, string ConnectionString, string Query, TimeSpan Timeout);
