using System.Globalization;
using System.Security.Cryptography;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Authentication;

/// <summary>What an <see cref="Authenticator"/> is told.</summary>
/// <param name="Hostname">Of this node, for challenges.</param>
/// <param name="NodeSecret">At least 16 random octets that outlive restarts.</param>
public sealed record AuthenticatorOptions(string Hostname, ReadOnlyMemory<byte> NodeSecret)
{
    public GuessLimits Guard { get; init; } = new();
    /// <summary>How long a right password is remembered; zero is not at all.</summary>
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>Threads that check hashes.</summary>
    public int HashThreads { get; init; } = Environment.ProcessorCount;
    /// <summary>True when SCRAM-SHA-256-PLUS is announced under TLS.</summary>
    public bool OffersBinding { get; init; } = true;
}

/// <summary>
/// Checks credentials against a user store. The SASL machines of Core decide what is said; here accounts are looked up and passwords
/// checked, off the caller's thread. A user that does not exist costs the same work as one that does.
/// When the store fails, or too many checks are waiting: 454 4.7.0.
/// </summary>
public sealed class Authenticator : IAuthenticator, IDisposable
{
    private readonly IUserStore _store;
    private readonly AuthenticatorOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly LoginGuard _guard;
    private readonly RightAnswers _right;
    private readonly PasswordChecks _checks;
    private volatile PasswordHash _usual = PasswordHashing.Dummy;

    public Authenticator(IUserStore store, AuthenticatorOptions options, TimeProvider clock, ILogger log)
        : this(store, options, clock, log, PasswordHashing.Matches)
    {
    }

    /// <param name="matches">Stands in for the hashes.</param>
    internal Authenticator(
        IUserStore store, AuthenticatorOptions options, TimeProvider clock, ILogger log, Func<PasswordHash, string, bool> matches)
    {
        (_store, _options, _clock, _log) = (store, options, clock, log);
        _guard = new LoginGuard(options.Guard, clock, log);
        _right = new RightAnswers(options.CacheFor, clock);
        _checks = new PasswordChecks(options.HashThreads, matches);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such mechanism here.</exception>
    public ISaslSession Begin(string mechanism, SessionFacts facts)
    {
        var bindable = facts.Tls is { ServerEndPoint.IsEmpty: false };
        var context = new SaslContext(_options.Hostname, facts.Tls)
        {
            Nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)),
            Challenge = NewChallenge(),
            NodeSecret = _options.NodeSecret,
            OffersBinding = _options.OffersBinding && bindable,
        };
        return new SaslSession(this, SaslExchange.Create(mechanism, context), _guard, _log, new LoginAttempt(facts.Client.Address, mechanism, null));
    }

    public void Dispose() => _checks.Dispose();

    /// <exception cref="UserStoreException">The store cannot be asked.</exception>
    internal ValueTask<UserAccount?> FindAsync(string user, CancellationToken cancel) => _store.FindAsync(user, cancel);

    /// <summary>Whether the account has this password. Without an account, or a hash in it, the same work is done for nothing.</summary>
    /// <exception cref="UserStoreException">The hash cannot be used, or too many checks are waiting.</exception>
    internal async Task<bool> CheckAsync(UserAccount? account, string password, CancellationToken cancel)
    {
        if (account is not null && _right.Knows(account, password))
        {
            AuthMeter.Checked("remembered");
            return true;
        }
        if (account?.PasswordHash is { } text)
        {
            if (!PasswordHash.TryParse(text, out var hash, out var problem)) throw new UserStoreException($"{account.Name}: password {problem}");
            // What hashes of this store cost, for those who do not exist.
            _usual = hash;
            if (!await MatchesAsync(hash, password, cancel)) return false;
            _right.Remember(account, password);
            return true;
        }
        await MatchesAsync(_usual, password, cancel);
        return false;
    }

    private async Task<bool> MatchesAsync(PasswordHash hash, string password, CancellationToken cancel)
    {
        var matches = await _checks.CheckAsync(hash, password, cancel);
        AuthMeter.Checked(matches is null ? "refused" : "hashed");
        return matches ?? throw new UserStoreException("too many password checks are waiting");
    }

    // RFC 2195 2: random digits, a time, and the name of the server.
    private string NewChallenge() => string.Create(
        CultureInfo.InvariantCulture,
        $"<{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}.{_clock.GetUtcNow().ToUnixTimeSeconds()}@{_options.Hostname}>");
}
