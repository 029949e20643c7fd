using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>From TCP to ready for MAIL: greeting, EHLO or HELO, STARTTLS where offered and wanted, EHLO again.</summary>
internal sealed class ClientHandshake(ClientWire wire, ClientOptions options, ClientTlsMode tls)
{
    private static readonly ReadOnlyMemory<byte> StartTls = "STARTTLS\r\n"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> Quit = "QUIT\r\n"u8.ToArray();

    public ClientWire Wire { get; } = wire;

    /// <summary>How far it came: where it failed, when it failed.</summary>
    public SmtpStage Stage { get; private set; } = SmtpStage.Connect;

    public PeerCapabilities Capabilities { get; private set; } = new();

    /// <summary>Null when the peer is ready for MAIL; else its refusal. Losses are thrown, see <see cref="ClientWire.IsLoss"/>.</summary>
    public async Task<SmtpReply?> RunAsync()
    {
        await Wire.ConnectAsync(options.Source, options.Connect).ConfigureAwait(false);
        Stage = SmtpStage.Greeting;
        var greeting = await Wire.ReadReplyAsync(options.Greeting).ConfigureAwait(false);
        if (!IsCompletion(greeting)) return await LeaveAsync(greeting).ConfigureAwait(false);
        Stage = SmtpStage.Ehlo;
        if (await IntroduceAsync().ConfigureAwait(false) is { } refusal) return await LeaveAsync(refusal).ConfigureAwait(false);
        if (tls != ClientTlsMode.Opportunistic || !Capabilities.StartTls) return null;
        Stage = SmtpStage.Tls;
        var answer = await ExchangeAsync(StartTls).ConfigureAwait(false);
        if (!IsCompletion(answer)) return await LeaveAsync(answer).ConfigureAwait(false);
        await Wire.StartTlsAsync(options.Command).ConfigureAwait(false);
        // Under TLS 1.3 a server's last objection to the handshake shows only now, so a loss here still counts as one of TLS.
        refusal = await IntroduceAsync().ConfigureAwait(false);
        Stage = SmtpStage.Ehlo;
        return refusal is null ? null : await LeaveAsync(refusal).ConfigureAwait(false);
    }

    /// <summary>EHLO, and HELO to a peer that does not know it (RFC 5321 3.2).</summary>
    private async Task<SmtpReply?> IntroduceAsync()
    {
        var ehlo = await ExchangeAsync(Encoding.ASCII.GetBytes($"EHLO {options.Hostname}\r\n")).ConfigureAwait(false);
        if (IsCompletion(ehlo))
        {
            Capabilities = PeerCapabilities.FromEhlo(ehlo);
            return null;
        }
        if (!ehlo.IsPermanent) return ehlo;
        var helo = await ExchangeAsync(Encoding.ASCII.GetBytes($"HELO {options.Hostname}\r\n")).ConfigureAwait(false);
        Capabilities = new PeerCapabilities();
        return IsCompletion(helo) ? null : helo;
    }

    /// <summary>The first digit decides (RFC 5321 4.3.2).</summary>
    private static bool IsCompletion(SmtpReply reply) => reply.Code is >= 200 and < 300;

    private async ValueTask<SmtpReply> ExchangeAsync(ReadOnlyMemory<byte> command)
    {
        await Wire.WriteAsync(command, options.Command).ConfigureAwait(false);
        return await Wire.ReadReplyAsync(options.Command).ConfigureAwait(false);
    }

    /// <summary>A refused client says QUIT (RFC 5321 3.1); whether it still arrives does not matter.</summary>
    private async ValueTask<SmtpReply> LeaveAsync(SmtpReply refusal)
    {
        try
        {
            await Wire.WriteAsync(Quit, options.Quit).ConfigureAwait(false);
        }
        catch (Exception e) when (ClientWire.IsLoss(e))
        {
            return refusal;
        }
        return refusal;
    }
}
