using System.Diagnostics;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;

namespace Actors.Mta.IO.Tests.Tls;

/// <summary>What openssl s_client sees.</summary>
public sealed class OpenSslTests
{
    [SkippableTheory]
    [InlineData("-tls1_3", "TLSv1.3")]
    [InlineData("-tls1_2", "TLSv1.2")]
    public async Task Openssl_gets_through_starttls(string version, string name)
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.StartTls);

        var (code, output) = await RunAsync(host, "-starttls smtp", version, "-servername mx.example.test");

        Assert.True(code == 0, output);
        Assert.Contains(name, output, StringComparison.Ordinal);
        Assert.Equal(name, Assert.Single(host.Sessions.Secured).Protocol);
    }

    [SkippableTheory]
    [InlineData("-tls1")]
    [InlineData("-tls1_1")]
    public async Task Openssl_is_refused_older_versions(string version)
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit);

        // At security level 0 the client would take them.
        var (code, output) = await RunAsync(host, version, "-cipher ALL:@SECLEVEL=0");

        Assert.NotEqual(0, code);
        Assert.Contains("alert protocol version", output, StringComparison.Ordinal);
        Assert.Empty(host.Sessions.Opened);
    }

    [SkippableTheory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task Openssl_resumes_a_session(string version)
    {
        await using var host = await TlsHost.StartAsync(ListenerTls.Implicit);
        var ticket = host.PathOf("ticket");
        // The ticket of TLS 1.3 comes behind the handshake, so the client stays until it is answered.
        await RunAsync(host, version, $"-sess_out {ticket}");

        var (code, output) = await RunAsync(host, version, $"-sess_in {ticket}");

        Assert.True(code == 0, output);
        Assert.Contains("Reused, TLSv1", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(TlsHost host, params string[] arguments)
    {
        Skip.IfNot(File.Exists("/usr/bin/openssl"), "openssl is not installed");
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/openssl",
            $"s_client -connect {host.Listener.Endpoint} -ign_eof {string.Join(' ', arguments)}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync("NOOP\r\nQUIT\r\n");
            await process.StandardInput.FlushAsync();
            await process.WaitForExitAsync().WaitAsync(ScriptedClient.Patience);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
