using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Sasl.Client;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// AUTH as a client (RFC 4954), over TLS only, with the strongest mechanism that the peer offers; one that the peer will not have
/// after all (504, 534) gives way to the next. A refusal is the answer: passwords are not tried twice.
/// </summary>
internal sealed class ClientLogin(ClientWire wire, TimeSpan command)
{
    /// <summary>RFC 5321 4.5.3.1.4: longer initial responses wait for their challenge.</summary>
    private const int LongestLine = 512;

    /// <summary>Null when logged in, else why not.</summary>
    /// <exception cref="ConversationException">The peer says things that are no part of an exchange.</exception>
    public async Task<SmtpReply?> RunAsync(ClientCredentials credentials, SaslMechanisms offered)
    {
        if (wire.Tls is null) return Refusal("4.7.0", "credentials are sent over TLS only");
        if (!Secret.TryRead(credentials.Secret, out var password, out var problem))
            return Refusal("4.3.5", $"no password for user {credentials.User}: {problem}");
        while (SaslClient.Strongest(offered) is var mechanism and not SaslMechanisms.None)
        {
            var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
            var reply = await ExchangeAsync(SaslClient.Of(mechanism, credentials.User, password, nonce)).ConfigureAwait(false);
            if (reply is not { Code: 504 or 534 }) return reply;
            offered &= ~mechanism;
        }
        return Refusal("4.7.0", "offers no AUTH mechanism that this node knows (SCRAM-SHA-256, CRAM-MD5, PLAIN, LOGIN)");
    }

    private SmtpReply Refusal(string status, string text) => SmtpReply.Of(451, status, $"{wire.Target}: {text}");

    private async Task<SmtpReply?> ExchangeAsync(SaslClient client)
    {
        // RFC 4954 4: an empty initial response is "=", none at all is none.
        var line = $"AUTH {client.Name}";
        var held = client.Initial;
        if (held is not null && line.Length + 3 + (held.Length + 2) / 3 * 4 <= LongestLine)
        {
            line += $" {Convert.ToBase64String(held)}";
            held = null;
        }
        var reply = await SayAsync(line).ConfigureAwait(false);
        while (reply.Code == 334)
        {
            if (!TryDecode(reply.Text, out var challenge) || !TryRespond(client, challenge, ref held, out var response))
            {
                await SayAsync("*").ConfigureAwait(false);
                throw new ConversationException($"the peer's challenge is none of {client.Name}, or it does not know the password");
            }
            reply = await SayAsync(Convert.ToBase64String(response)).ConfigureAwait(false);
        }
        if (reply.Code is < 200 or >= 300) return reply;
        return client.IsComplete
            ? null
            : throw new ConversationException($"the peer ends {client.Name} without a proof that it knows the password");
    }

    private static bool TryRespond(SaslClient client, byte[] challenge, ref byte[]? held, out byte[] response)
    {
        if (held is null) return client.TryAnswer(challenge, out response);
        (response, held) = (held, null);
        return challenge.Length == 0;
    }

    private async ValueTask<SmtpReply> SayAsync(string line)
    {
        await wire.SayAsync(Encoding.ASCII.GetBytes(line + "\r\n"), command, secret: !line.StartsWith("AUTH ", StringComparison.Ordinal)).ConfigureAwait(false);
        return await wire.ReadReplyAsync(command).ConfigureAwait(false);
    }

    private static bool TryDecode(string base64, out byte[] octets)
    {
        var buffer = new byte[base64.Length];
        var good = Convert.TryFromBase64String(base64, buffer, out var length);
        octets = buffer[..length];
        return good;
    }
}
