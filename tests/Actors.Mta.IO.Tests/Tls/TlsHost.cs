using System.Net.Security;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;
using Actors.Mta.IO.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Tls;

/// <summary>A listener that speaks TLS, with certificates and sessions that a test can look into.</summary>
internal sealed class TlsHost : IAsyncDisposable
{
    private readonly TestCertificates _files;

    private TlsHost(SmtpListener listener, ScriptedSessions sessions, TestCertificates files, ServerCertificates certificates) =>
        (Listener, Sessions, _files, Certificates) = (listener, sessions, files, certificates);

    public SmtpListener Listener { get; }

    public ScriptedSessions Sessions { get; }

    public ServerCertificates Certificates { get; }

    public string PathOf(string file) => _files.PathOf(file);

    public static async Task<TlsHost> StartAsync(
        ListenerTls tls, Func<ListenerOptions, ListenerOptions>? configure = null,
        Func<TestCertificates, ServerCertificates>? certificates = null, ILogger? log = null)
    {
        var files = new TestCertificates();
        var options = ListenerHost.Options with { Tls = tls, Certificates = certificates?.Invoke(files) ?? files.One() };
        var sessions = new ScriptedSessions();
        var listener = await SmtpListener.StartAsync(
            configure?.Invoke(options) ?? options, sessions, new MemorySpool(), ListenerHost.LargeBody, log ?? NullLogger.Instance);
        return new TlsHost(listener, sessions, files, options.Certificates);
    }

    public Task<ScriptedClient> ConnectAsync() => ScriptedClient.ConnectAsync(Listener.Endpoint);

    /// <summary>Connects, says STARTTLS and shakes hands.</summary>
    public async Task<ScriptedClient> StartTlsAsync(SslClientAuthenticationOptions? options = null)
    {
        var client = await ConnectAsync();
        await client.ExpectAsync("220");
        await client.AskAsync("STARTTLS", "220");
        await client.SecureAsync(options);
        return client;
    }

    /// <summary>Connects, shakes hands and reads the greeting.</summary>
    public async Task<ScriptedClient> ImplicitAsync(SslClientAuthenticationOptions? options = null)
    {
        var client = await ConnectAsync();
        await client.SecureAsync(options);
        await client.ExpectAsync("220");
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        _files.Dispose();
    }
}
