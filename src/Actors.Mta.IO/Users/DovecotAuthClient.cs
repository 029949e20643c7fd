using System.Collections.Immutable;

namespace Actors.Mta.IO.Users;

/// <summary>
/// A client of Dovecot's authentication service (protocol 1.x): all exchanges go over one connection, which is made when it is
/// needed and made anew after it broke. Whatever fails is an <see cref="IOException"/> for the exchanges that are under way;
/// the next one tries again.
/// </summary>
public sealed class DovecotAuthClient(DovecotOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private DovecotAuthConnection? _connection;
    private bool _disposed;

    /// <summary>SASL mechanisms that Dovecot offers now, upper case.</summary>
    /// <exception cref="IOException">Dovecot cannot be reached.</exception>
    public async Task<ImmutableArray<string>> MechanismsAsync(CancellationToken cancel) => (await ConnectedAsync(cancel)).Mechanisms;

    /// <summary>Begins an exchange. Dispose it when it is over or given up.</summary>
    /// <exception cref="IOException">Dovecot cannot be reached.</exception>
    public async Task<DovecotExchange> BeginAsync(CancellationToken cancel) => (await ConnectedAsync(cancel)).Begin();

    public async ValueTask DisposeAsync()
    {
        await _connecting.WaitAsync();
        _disposed = true;
        if (_connection is not null) await _connection.DisposeAsync();
        _connecting.Release();
    }

    private async Task<DovecotAuthConnection> ConnectedAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref _connection) is { IsAlive: true } alive) return alive;
        // One makes the connection, the others wait for it.
        if (!await _connecting.WaitAsync(options.Timeout, cancel)) throw new IOException($"{options.Endpoint} does not answer");
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is { IsAlive: true } made) return made;
            if (_connection is not null) await _connection.DisposeAsync();
            Volatile.Write(ref _connection, null);
            var connection = await DovecotAuthConnection.OpenAsync(options, cancel);
            Volatile.Write(ref _connection, connection);
            return connection;
        }
        finally
        {
            _connecting.Release();
        }
    }
}
