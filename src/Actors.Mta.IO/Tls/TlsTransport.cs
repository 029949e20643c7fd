using System.Globalization;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// The server's end of TLS over a transport's pipes, as pipes again. While it waits for input it holds no buffer. Made by
/// <see cref="AcceptAsync"/>, which fails with a <see cref="HandshakeException"/> and nothing else.
/// </summary>
internal sealed class TlsTransport : IDuplexPipe, IAsyncDisposable
{
    /// <summary>One TLS record.</summary>
    private const int ReadSize = 16 * 1024;

    private readonly PipeStream _plain;
    private readonly SslStream _stream;
    private LoadedCertificate? _certificate;
    private string? _serverName;

    private TlsTransport(IDuplexPipe plain)
    {
        _plain = new PipeStream(plain);
        _stream = new SslStream(_plain, leaveInnerStreamOpen: true);
        Input = PipeReader.Create(
            _stream, new StreamPipeReaderOptions(bufferSize: ReadSize, leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Shakes hands. The certificate is chosen, and the gate entered, when the client's hello is there.</summary>
    public static async Task<(TlsTransport Transport, TlsFacts Facts)> AcceptAsync(
        IDuplexPipe plain, ServerCertificates certificates, HandshakeGate gate, bool askClient, TimeSpan timeout)
    {
        var transport = new TlsTransport(plain);
        using var limit = new CancellationTokenSource(timeout);
        HandshakeGate.Place? place = null;
        try
        {
            await transport._stream.AuthenticateAsServerAsync(ChooseAsync, null, limit.Token).ConfigureAwait(false);
            return (transport, transport.Facts());
        }
        catch (Exception e)
        {
            await transport._stream.DisposeAsync().ConfigureAwait(false);
            throw HandshakeException.Of(e, limit.IsCancellationRequested);
        }
        finally
        {
            transport._plain.Writing = null;
            place?.Dispose();
        }

        async ValueTask<SslServerAuthenticationOptions> ChooseAsync(
            SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancellation)
        {
            place = await gate.EnterAsync(cancellation).ConfigureAwait(false)
                ?? throw new HandshakeException(HandshakeFailure.Busy, "too many handshakes at a time");
            // The costly part, the signature, goes into the first flight.
            transport._plain.Writing = place.Dispose;
            transport._serverName = NameOf(hello.ServerName);
            transport._certificate = certificates.Choose(transport._serverName);
            return transport._certificate.ForHandshake(askClient);
        }
    }

    /// <summary>Sends what was written. CancelPendingFlush on the plain pipe ends the wait; what is left is sent without one.</summary>
    public ValueTask<FlushResult> FlushAsync()
    {
        _plain.BeginFlush();
        return Output.FlushAsync();
    }

    /// <summary>
    /// Says goodbye (close_notify, without which the peer cannot tell the end from an attack); what was written was flushed
    /// before.
    /// </summary>
    public async ValueTask ShutdownAsync()
    {
        try
        {
            await _stream.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or AuthenticationException)
        {
            // The peer is gone, or never was in a state to hear it: there is nobody to say goodbye to.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        // With an error the writer throws away what it holds; without one it would write it now.
        await Output.CompleteAsync(new IOException("The connection is closed.")).ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private TlsFacts Facts()
    {
        var client = _stream.RemoteCertificate;
        return new TlsFacts(NameOf(_stream.SslProtocol), _stream.NegotiatedCipherSuite.ToString())
        {
            ServerName = _serverName,
            ClientSubject = client is null ? null : Printable(client.Subject),
            ClientFingerprint = client?.GetCertHashString(HashAlgorithmName.SHA256),
            ServerEndPoint = _certificate!.EndPoint,
        };
    }

    internal static string NameOf(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => protocol.ToString(),
    };

    /// <summary>
    /// As it goes over the wire (RFC 6066 3: A-labels); null for what is no host name, since it ends in logs and headers.
    /// </summary>
    private static string? NameOf(string serverName)
    {
        if (serverName.Length is 0 or > 255) return null;
        try
        {
            // SslStream hands out U-labels.
            var name = Ascii.IsValid(serverName) ? serverName : new IdnMapping().GetAscii(serverName);
            return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? name.ToLowerInvariant() : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The peer's words end in logs and headers.</summary>
    private static string Printable(string subject) =>
        string.Concat(subject.Take(256).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
