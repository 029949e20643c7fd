using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// A mail exchanger that does what the test says: it asks a script at every step, records every message byte for byte, and
/// otherwise behaves well. It listens from its construction until it is closed.
/// </summary>
public sealed class ScriptedReceiver : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ReceivedMessage> _messages = [];
    private readonly List<string> _transcript = [];
    private readonly HashSet<Socket> _open = [];
    private readonly List<Task> _serving = [];
    private CancellationTokenSource _stop = new();
    private TcpListener? _listener;
    private int _connections;

    public ScriptedReceiver(IPAddress address, int port)
    {
        Endpoint = new IPEndPoint(address, port);
        Open();
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>What to answer; null at any step for the polite default. Asked by several connections at once.</summary>
    public Func<ReceiverTurn, ReceiverAnswer?> Script { get; set; } = _ => null;

    /// <summary>What EHLO offers; empty: EHLO is refused with 502 and HELO works.</summary>
    public IReadOnlyList<string> Extensions { get; set; } =
        ["PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "ENHANCEDSTATUSCODES"];

    public ReceiverTls Tls { get; set; }

    /// <summary>Called with every message before 250 is said, instead of keeping it.</summary>
    public Action<ReceivedMessage>? Consume { get; set; }

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Messages that got their 250.</summary>
    public IReadOnlyList<ReceivedMessage> Messages
    {
        get
        {
            lock (_lock) return [.. _messages.Where(message => message.Accepted)];
        }
    }

    /// <summary>Messages whose end was seen, whatever was said to them.</summary>
    public IReadOnlyList<ReceivedMessage> Seen
    {
        get
        {
            lock (_lock) return [.. _messages];
        }
    }

    /// <summary>Every command and reply, the number of its connection in front.</summary>
    public IReadOnlyList<string> Transcript
    {
        get
        {
            lock (_lock) return [.. _transcript];
        }
    }

    /// <summary>Waits until so many messages have got their 250.</summary>
    /// <returns>All of them; more may have come.</returns>
    public async Task<IReadOnlyList<ReceivedMessage>> ReceivesAsync(int count)
    {
        await Eventually.TrueAsync(
            $"{Endpoint} has received {count} messages", () => Messages.Count >= count,
            () => $"{Messages.Count}\n{string.Join('\n', Transcript.TakeLast(30))}");
        return Messages;
    }

    /// <summary>Waits for the one message that is to come.</summary>
    public async Task<ReceivedMessage> ReceivesOneAsync() => Assert.Single(await ReceivesAsync(1));

    /// <summary>Listens again after <see cref="CloseAsync"/>.</summary>
    public void Open()
    {
        _stop = new CancellationTokenSource();
        _listener = new TcpListener(Endpoint);
        _listener.Start(1024);
        _serving.Add(AcceptAsync(_listener, _stop.Token));
    }

    /// <summary>Stops listening (connections are refused) and drops all connections.</summary>
    public async Task CloseAsync()
    {
        await _stop.CancelAsync();
        _listener?.Stop();
        lock (_lock)
        {
            foreach (var socket in _open) socket.Dispose();
        }
        Task[] serving;
        lock (_lock)
        {
            serving = [.. _serving];
            _serving.Clear();
        }
        await Task.WhenAll(serving);
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    internal void Note(int connection, string line)
    {
        if (Consume is not null) return;
        lock (_lock) _transcript.Add($"{connection} {line}");
    }

    internal void Saw(ReceivedMessage message)
    {
        if (Consume is not null) return;
        lock (_lock) _messages.Add(message);
    }

    private async Task AcceptAsync(TcpListener listener, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptSocketAsync(stop);
                socket.NoDelay = true;
                lock (_lock)
                {
                    _open.Add(socket);
                    _serving.RemoveAll(task => task.IsCompleted);
                    _serving.Add(ServeAsync(socket, Interlocked.Increment(ref _connections), stop));
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket, int number, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            using (socket)
            {
                await using var stream = new NetworkStream(socket);
                await new ReceiverConnection(this, number, stream).RunAsync(stop);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            Note(number, $"** {e.Message}");
        }
        finally
        {
            lock (_lock) _open.Remove(socket);
        }
    }
}
