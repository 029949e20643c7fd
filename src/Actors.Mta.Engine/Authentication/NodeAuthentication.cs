using System.Collections.Immutable;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Users;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Authentication;

/// <summary>All that a node has of authentication, made from mta.auth.</summary>
public sealed class NodeAuthentication : IAsyncDisposable
{
    private readonly FileUserStore? _file;
    private readonly ImmutableArray<object> _owned;

    private NodeAuthentication(IAuthenticator? authenticator, FileUserStore? file, AuthSettings settings, params ImmutableArray<object> owned)
    {
        (Authenticator, _file, _owned) = (authenticator, file, owned);
        Quotas = new SubmissionQuotas(settings.MessageRate, settings.RecipientRate);
    }

    /// <summary>Null when mta.auth.provider is none: AUTH must not be offered.</summary>
    public IAuthenticator? Authenticator { get; }

    public SubmissionQuotas Quotas { get; }

    /// <summary>Names of the users of a users file; empty when users are kept elsewhere, where they cannot be listed.</summary>
    public IEnumerable<string> UserNames => _file?.UserNames ?? [];

    /// <summary>Calls <paramref name="action"/> whenever a users file has brought other users.</summary>
    public void WhenUsersChange(Action action)
    {
        if (_file is not null) _file.Changed += action;
    }

    /// <exception cref="UserStoreException">The users file cannot be read or holds mistakes; the message names all of them.</exception>
    /// <exception cref="IOException">The node's secret in the data directory cannot be read or made.</exception>
    public static NodeAuthentication Open(MtaSettings settings, TimeProvider clock, ILogger log)
    {
        var auth = settings.Auth;
        switch (auth.Provider)
        {
            case AuthProvider.None:
                return new NodeAuthentication(null, null, auth);
            case AuthProvider.Dovecot:
                var dovecot = new DovecotAuthenticator(new DovecotAuthClient(auth.Dovecot), auth.Guard, clock, log);
                return new NodeAuthentication(dovecot, null, auth, dovecot);
            default:
                var options = OptionsOf(settings);
                IUserStore store = auth.Provider == AuthProvider.File ? FileUserStore.Open(new UsersFile(auth.File), log, clock) : Sql(auth.Sql);
                var authenticator = new Authenticator(store, options, clock, log);
                return new NodeAuthentication(authenticator, store as FileUserStore, auth, authenticator, store);
        }
    }

    /// <summary>Reads the users file again, if there is one; without being told, a node does so within seconds of a change.</summary>
    /// <returns>What is wrong with the new file, "path:line: …" each; the users stay as they were then.</returns>
    public ImmutableArray<string> Reload() => _file?.Reload() ?? [];

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _owned)
        {
            if (one is IAsyncDisposable later) await later.DisposeAsync();
            else ((IDisposable)one).Dispose();
        }
    }

    private static SqlUserStore Sql(AuthSqlSettings sql)
    {
        try
        {
            return sql.Provider == "postgresql"
                ? SqlUserStore.PostgreSql(sql.ConnectionString, sql.Query, sql.Timeout)
                : SqlUserStore.Sqlite(sql.ConnectionString, sql.Query, sql.Timeout);
        }
        catch (ArgumentException e)
        {
            throw new UserStoreException($"mta.auth.sql.connection-string: {e.Message}", e);
        }
    }

    private static AuthenticatorOptions OptionsOf(MtaSettings settings)
    {
        var auth = settings.Auth;
        var secret = NodeSecretFile.ReadOrMake(Path.Combine(settings.DataDirectory, "auth.secret"));
        return new AuthenticatorOptions(settings.Hostname, secret)
        {
            Guard = auth.Guard,
            CacheFor = auth.CacheFor,
            HashThreads = auth.HashThreads > 0 ? auth.HashThreads : Environment.ProcessorCount,
            OffersBinding = auth.Mechanisms.Contains(Core.Sasl.SaslMechanisms.ScramSha256Plus),
        };
    }
}
