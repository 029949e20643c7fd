using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// From a socket to ready for MAIL: TLS at once where it is implicit, greeting, EHLO or HELO (LHLO to a peer of LMTP), STARTTLS
/// where offered and wanted, EHLO again, AUTH where the target has credentials.
/// </summary>
/// <param name="tls">Opportunistic goes on in the clear when STARTTLS is not offered; Required and Verified refuse the peer.</param>
internal sealed class ClientHandshake(ClientWire wire, ClientOptions options, ClientTlsMode tls)
{
    private static readonly ReadOnlyMemory<byte> StartTls = "STARTTLS\r\n"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> Quit = "QUIT\r\n"u8.ToArray();

    private readonly ClientSecurity _security = wire.Target.Transport.Security;
    private readonly bool _lmtp = wire.Target.Transport.Kind == TransportKind.Lmtp;

    public ClientWire Wire { get; } = wire;

    /// <summary>How far it came: where it failed, when it failed.</summary>
    public SmtpStage Stage { get; private set; } = SmtpStage.Connect;

    /// <summary>True from AUTH on: what fails then is the login, which the operator should know.</summary>
    public bool LoggingIn { get; private set; }

    public PeerCapabilities Capabilities { get; private set; } = new();

    /// <summary>Null when the peer is ready for MAIL; else its refusal. Losses are thrown, see <see cref="ClientWire.IsLoss"/>.</summary>
    public async Task<SmtpReply?> RunAsync()
    {
        await Wire.ConnectAsync(options.Source, options.Connect).ConfigureAwait(false);
        if (_security.Implicit)
        {
            Stage = SmtpStage.Tls;
            await Wire.StartTlsAsync(tls, _security.CaFile, options.Command).ConfigureAwait(false);
        }
        var refusal = await TalkAsync().ConfigureAwait(false);
        return refusal is null ? null : await LeaveAsync(refusal).ConfigureAwait(false);
    }

    private async Task<SmtpReply?> TalkAsync()
    {
        // Under TLS 1.3 a server's last objection to the handshake shows only with its first words, so a loss there is one of TLS.
        var greeting = await GreetingAsync().ConfigureAwait(false);
        if (!IsCompletion(greeting)) return greeting;
        Stage = SmtpStage.Ehlo;
        return await IntroduceAsync().ConfigureAwait(false)
            ?? await EncryptAsync().ConfigureAwait(false)
            ?? await LogInAsync().ConfigureAwait(false);
    }

    private async Task<SmtpReply> GreetingAsync()
    {
        if (!_security.Implicit) Stage = SmtpStage.Greeting;
        var greeting = await Wire.ReadReplyAsync(options.Greeting).ConfigureAwait(false);
        Stage = SmtpStage.Greeting;
        return greeting;
    }

    /// <summary>STARTTLS (RFC 3207), after which the peer is asked anew what it offers.</summary>
    private async Task<SmtpReply?> EncryptAsync()
    {
        if (tls == ClientTlsMode.Never || Wire.Tls is not null) return null;
        if (!Capabilities.StartTls)
        {
            if (tls == ClientTlsMode.Opportunistic) return null;
            Stage = SmtpStage.Tls;
            return SmtpReply.Of(451, "4.7.4", $"{Wire.Target} does not offer STARTTLS, which is required");
        }
        Stage = SmtpStage.Tls;
        var answer = await ExchangeAsync(StartTls).ConfigureAwait(false);
        if (!IsCompletion(answer)) return answer;
        await Wire.StartTlsAsync(tls, _security.CaFile, options.Command).ConfigureAwait(false);
        // As above: TLS 1.3 may fail as late as here.
        var refusal = await IntroduceAsync().ConfigureAwait(false);
        Stage = SmtpStage.Ehlo;
        return refusal;
    }

    private async Task<SmtpReply?> LogInAsync()
    {
        if (_security.Credentials is not { } credentials) return null;
        LoggingIn = true;
        return await new ClientLogin(Wire, options.Command).RunAsync(credentials, Capabilities.Auth).ConfigureAwait(false);
    }

    /// <summary>
    /// EHLO, and HELO to a peer that does not know it (RFC 5321 3.2). For LMTP LHLO and nothing else: a server of SMTP has to
    /// refuse it, and must not be given mail for which it would answer once (RFC 2033 4.1).
    /// </summary>
    private async Task<SmtpReply?> IntroduceAsync()
    {
        var hello = await ExchangeAsync(Encoding.ASCII.GetBytes($"{(_lmtp ? "LHLO" : "EHLO")} {options.Hostname}\r\n")).ConfigureAwait(false);
        if (IsCompletion(hello))
        {
            Capabilities = PeerCapabilities.FromEhlo(hello) with { Lmtp = _lmtp };
            return null;
        }
        if (!hello.IsPermanent || _lmtp) return hello;
        var helo = await ExchangeAsync(Encoding.ASCII.GetBytes($"HELO {options.Hostname}\r\n")).ConfigureAwait(false);
        Capabilities = new PeerCapabilities();
        return IsCompletion(helo) ? null : helo;
    }

    /// <summary>The first digit decides (RFC 5321 4.3.2).</summary>
    private static bool IsCompletion(SmtpReply reply) => reply.Code is >= 200 and < 300;

    private async ValueTask<SmtpReply> ExchangeAsync(ReadOnlyMemory<byte> command)
    {
        await Wire.SayAsync(command, options.Command).ConfigureAwait(false);
        return await Wire.ReadReplyAsync(options.Command).ConfigureAwait(false);
    }

    /// <summary>A refused client says QUIT (RFC 5321 3.1); whether it still arrives does not matter.</summary>
    private async ValueTask<SmtpReply> LeaveAsync(SmtpReply refusal)
    {
        try
        {
            await Wire.SayAsync(Quit, options.Quit).ConfigureAwait(false);
        }
        catch (Exception e) when (ClientWire.IsLoss(e))
        {
            return refusal;
        }
        return refusal;
    }
}
