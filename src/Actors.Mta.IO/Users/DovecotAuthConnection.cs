using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.IO.Users;

/// <summary>One connection to Dovecot's authentication service: the handshake, then answers passed to the exchanges by their ids.</summary>
internal sealed class DovecotAuthConnection : IAsyncDisposable
{
    /// <summary>AUTH_CLIENT_MAX_LINE_LENGTH of Dovecot.</summary>
    private const int MaxLine = 16384;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeReader _reader;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ConcurrentDictionary<uint, DovecotExchange> _exchanges = new();
    private Task _pump = Task.CompletedTask;
    private uint _lastId;
    private volatile bool _broken;

    private DovecotAuthConnection(Socket socket, DovecotOptions options)
    {
        (_socket, Options) = (socket, options);
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = PipeReader.Create(_stream);
    }

    public DovecotOptions Options { get; }

    public bool IsAlive => !_broken;

    public ImmutableArray<string> Mechanisms { get; private set; } = [];

    /// <exception cref="IOException">No connection, no answer in time, or an answer of another protocol.</exception>
    public static async Task<DovecotAuthConnection> OpenAsync(DovecotOptions options, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.Timeout);
        var unix = options.Endpoint is UnixDomainSocketEndPoint;
        var socket = unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var connection = default(DovecotAuthConnection);
        try
        {
            await socket.ConnectAsync(options.Endpoint, limit.Token);
            connection = new DovecotAuthConnection(socket, options);
            await connection.HandshakeAsync(limit.Token);
            connection._pump = Task.Run(connection.PumpAsync, CancellationToken.None);
            return connection;
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            if (connection is not null) await connection.DisposeAsync();
            socket.Dispose();
            throw new IOException($"{options.Endpoint}: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public DovecotExchange Begin()
    {
        var exchange = new DovecotExchange(this, Interlocked.Increment(ref _lastId));
        _exchanges[exchange.Id] = exchange;
        if (_broken) Fail(exchange);
        return exchange;
    }

    public void Forget(uint id) => _exchanges.TryRemove(id, out _);

    /// <exception cref="IOException">The connection is gone.</exception>
    public async Task WriteAsync(string line, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            // Whole lines or none: a cancelled write would leave half of one behind.
            await _stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), CancellationToken.None);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException($"{Options.Endpoint}: {e.Message}", e);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Break();
        await _pump;
        await _stream.DisposeAsync();
    }

    private async Task HandshakeAsync(CancellationToken cancel)
    {
        await WriteAsync($"VERSION\t1\t1\nCPID\t{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}", cancel);
        var mechanisms = ImmutableArray.CreateBuilder<string>();
        while (true)
        {
            var line = await ReadLineAsync(cancel) ?? throw new IOException("closed during the handshake");
            switch (DovecotLine.Split(line))
            {
                case ["VERSION", "1", ..]:
                    break;
                case ["VERSION", var other, ..]:
                    throw new IOException($"speaks version {other} of the protocol; version 1 is understood");
                case ["MECH", var name, ..]:
                    mechanisms.Add(name.ToUpperInvariant());
                    break;
                case ["DONE", ..]:
                    Mechanisms = mechanisms.ToImmutable();
                    return;
            }
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await ReadLineAsync(CancellationToken.None) is { } line)
            {
                if (DovecotLine.Split(line) is not [var verb, var number, .. var words]) continue;
                if (!uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
                if (_exchanges.TryGetValue(id, out var exchange) && DovecotExchange.Read(verb, words) is { } answer) exchange.Answer(answer);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or FormatException)
        {
            // The exchanges hear of it below; the next one connects anew.
        }
        Break();
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancel)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(cancel);
            if (result.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(result.Buffer.Slice(0, end));
                _reader.AdvanceTo(result.Buffer.GetPosition(1, end));
                return line.TrimEnd('\r');
            }
            if (result.IsCompleted) return null;
            if (result.Buffer.Length > MaxLine) throw new IOException("sent a line that is too long");
            _reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private void Break()
    {
        _broken = true;
        _socket.Close();
        foreach (var exchange in _exchanges.Values) Fail(exchange);
    }

    private void Fail(DovecotExchange exchange) => exchange.Fail(new IOException($"{Options.Endpoint}: the connection was lost"));
}
