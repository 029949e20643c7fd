using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tls;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>What the listeners of a node share for TLS: its certificates, kept current, and the gate of handshakes.</summary>
internal sealed class Encryption : IAsyncDisposable
{
    private readonly CertificateWatch? _watch;
    private readonly HandshakeGate? _gate;

    private Encryption(ServerCertificates? certificates, HandshakeGate? gate, ILogger log)
    {
        (Certificates, _gate) = (certificates, gate);
        _watch = certificates is null ? null : new CertificateWatch(certificates, log);
    }

    /// <summary>Null when there are none: TLS is not offered then.</summary>
    public ServerCertificates? Certificates { get; }

    /// <exception cref="CertificateException">A certificate cannot be used; the message names its file.</exception>
    /// <exception cref="IOException">The self-signed one cannot be written.</exception>
    public static Encryption Open(MtaSettings settings, ILogger log)
    {
        var tls = settings.Tls;
        IEnumerable<CertificateSource> sources = tls.Certificates.Select(c => c.Source);
        if (tls.Certificates.IsEmpty)
        {
            if (!tls.SelfSigned || settings.EnabledListeners.All(l => l.Tls == TlsUse.Off)) return new Encryption(null, null, log);
            sources = [SelfSigned.CreateOrLoad(settings.DataDirectory, settings.Hostname)];
        }
        var certificates = ServerCertificates.Open(new CertificateOptions([.. sources]) { PollInterval = tls.ReloadEvery }, log);
        return new Encryption(certificates, tls.Handshakes == 0 ? null : new HandshakeGate(tls.Handshakes, HandshakeGate.DefaultQueueLimit), log);
    }

    /// <summary>The listener's options, with what it needs for its kind of TLS.</summary>
    public ListenerOptions Equip(ListenerSettings listener) => Certificates is null ? listener.Options : listener.Options with
    {
        Tls = listener.Tls switch
        {
            TlsUse.Off => ListenerTls.None,
            TlsUse.Implicit => ListenerTls.Implicit,
            _ => ListenerTls.StartTls,
        },
        Certificates = Certificates,
        HandshakeGate = _gate ?? HandshakeGate.OfProcess,
    };

    public async ValueTask DisposeAsync()
    {
        if (_watch is not null) await _watch.DisposeAsync();
        _gate?.Dispose();
    }
}
