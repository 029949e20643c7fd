using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Actors.Mta.Benchmarks.Submission;

/// <summary>
/// One logged-in connection of a load source: as little work as a client can do it with, so that what is measured is the
/// server. Any reply but the expected one ends it with an <see cref="IOException"/>.
/// </summary>
public sealed class SubmissionConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client;
    private readonly byte[] _buffer = new byte[8192];
    private Stream _stream;
    private int _read;
    private int _filled;

    private SubmissionConnection(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
    }

    /// <summary>Connects, negotiates TLS (a full handshake each time, as from one user after another) and logs in.</summary>
    public static async Task<SubmissionConnection> OpenAsync(LoadOptions options)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(options.Target);
            var connection = new SubmissionConnection(client);
            if (options.Implicit) await connection.SecureAsync();
            await connection.ExpectAsync(220);
            if (!options.Implicit)
            {
                await connection.SayAsync("EHLO client.test\r\n", 250);
                await connection.SayAsync("STARTTLS\r\n", 220);
                await connection.SecureAsync();
            }
            await connection.SayAsync("EHLO client.test\r\n", 250);
            var response = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{options.User}\0{options.Password}"));
            await connection.SayAsync($"AUTH PLAIN {response}\r\n", 235);
            return connection;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>MAIL, RCPT and DATA in one piece (RFC 2920), the message with its final dot in another.</summary>
    public async Task SubmitAsync(ReadOnlyMemory<byte> envelope, ReadOnlyMemory<byte> message)
    {
        await _stream.WriteAsync(envelope);
        await ExpectAsync(250);
        await ExpectAsync(250);
        await ExpectAsync(354);
        await _stream.WriteAsync(message);
        await ExpectAsync(250);
    }

    public Task QuitAsync() => SayAsync("QUIT\r\n", 221);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    private async Task SecureAsync()
    {
        var tls = new SslStream(_stream);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "mta.test",
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        _stream = tls;
        _read = _filled = 0;
    }

    private async Task SayAsync(string line, int code)
    {
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(line));
        await ExpectAsync(code);
    }

    private async Task ExpectAsync(int code)
    {
        while (true)
        {
            var line = await ReadLineAsync();
            if (line.Length < 4 || line[3] == '-') continue;
            if (int.Parse(line.AsSpan(0, 3), CultureInfo.InvariantCulture) != code) throw new IOException($"{line}, expected {code}");
            return;
        }
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_read == _filled)
            {
                using var patience = new CancellationTokenSource(Patience);
                (_read, _filled) = (0, await _stream.ReadAsync(_buffer, patience.Token));
                if (_filled == 0) throw new IOException("closed by the server");
            }
            var end = Array.IndexOf(_buffer, (byte)'\n', _read, _filled - _read);
            var until = end < 0 ? _filled : end;
            line.Append(Encoding.ASCII.GetString(_buffer, _read, until - _read));
            _read = end < 0 ? until : until + 1;
            if (end >= 0) return line.ToString().TrimEnd('\r');
        }
    }
}
