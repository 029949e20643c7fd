using System.Text;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>MailKit, the client of most programs in .NET. Throws what MailKit throws.</summary>
public static class MailKitClient
{
    /// <summary>Submits, and hands back the dialogue.</summary>
    public static async Task<string> SendAsync(Submission submission, CertificateAuthority authority)
    {
        using var log = new MemoryStream();
        using var client = new SmtpClient(new ProtocolLogger(log, leaveOpen: true))
        {
            ServerCertificateValidationCallback = authority.Vouches,
            CheckCertificateRevocation = false,
            LocalDomain = "client.test",
        };
        await client.ConnectAsync(
            submission.Server.Address.ToString(), submission.Server.Port,
            submission.Implicit ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls);
        if (submission.User != "") await client.AuthenticateAsync(Mechanism(submission));
        var message = await MimeMessage.LoadAsync(new MemoryStream(Encoding.UTF8.GetBytes(submission.Message)));
        await client.SendAsync(message, MailboxAddress.Parse(submission.From), [MailboxAddress.Parse(submission.To)]);
        await client.DisconnectAsync(true);
        return Encoding.UTF8.GetString(log.ToArray());
    }

    private static SaslMechanism Mechanism(Submission submission) => submission.Mechanism switch
    {
        "" or "PLAIN" => new SaslMechanismPlain(submission.User, submission.Password),
        "LOGIN" => new SaslMechanismLogin(submission.User, submission.Password),
        "CRAM-MD5" => new SaslMechanismCramMd5(submission.User, submission.Password),
        "SCRAM-SHA-256" => new SaslMechanismScramSha256(submission.User, submission.Password),
        "SCRAM-SHA-256-PLUS" => new SaslMechanismScramSha256Plus(submission.User, submission.Password),
        _ => throw new ArgumentException($"no mechanism {submission.Mechanism}", nameof(submission)),
    };
}
