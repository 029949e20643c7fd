using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>
/// A fast receiver for load runs: keeps nothing of what it takes but its accounts. Fails at the start with a
/// <see cref="SocketException"/> when an address cannot be had.
/// </summary>
public sealed class LoadSink : IAsyncDisposable
{
    private const int Backlog = 4096;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _accepting = [];
    private readonly SslServerAuthenticationOptions? _tls;

    private LoadSink(SinkOptions options, TimeProvider time)
    {
        if (options.Hosts.Any(h => h.StartTls == StartTlsBehaviour.Works))
            _tls = new SslServerAuthenticationOptions { ServerCertificate = Certificate() };
        try
        {
            foreach (var host in options.Hosts.Select(h => new HostState(h, time)))
                foreach (var endpoint in host.Personality.Listen) Listen(endpoint, host);
        }
        catch
        {
            foreach (var listener in _listeners) listener.Dispose();
            throw;
        }
    }

    public SinkLedger Ledger { get; } = new();

    /// <summary>Where it listens; a port that was 0 has its number now.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => [.. _listeners.Select(l => (IPEndPoint)l.LocalEndPoint!)];

    public static LoadSink Start(SinkOptions options, TimeProvider? time = null) => new(options, time ?? TimeProvider.System);

    /// <summary>Closes the listeners and every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var listener in _listeners) listener.Dispose();
        await Task.WhenAll(_accepting);
        _stop.Dispose();
    }

    private void Listen(IPEndPoint endpoint, HostState host)
    {
        var listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listeners.Add(listener);
        listener.Bind(endpoint);
        listener.Listen(Backlog);
        // The loop is not ours alone: with continuations inline it runs where the socket's events are met.
        _accepting.Add(Task.Run(() => AcceptAsync(listener, host)));
    }

    private async Task AcceptAsync(Socket listener, HostState host)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                var client = ((IPEndPoint)socket.RemoteEndPoint!).Address;
                _ = new SinkSession(socket, client, host, Ledger, _tls).RunAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client is gone before it was here, or descriptors are short for a moment.
                Ledger.Refusals.Add("accept failed");
                await Task.Delay(10);
            }
        }
    }

    /// <summary>Made for this run; nobody has a reason to trust it.</summary>
    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=sink.test", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        // Through PKCS #12: the key of a freshly made one cannot be used for TLS on every platform.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
