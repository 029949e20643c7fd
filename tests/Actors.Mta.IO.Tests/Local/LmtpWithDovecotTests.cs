using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;

namespace Actors.Mta.IO.Tests.Local;

public sealed class LmtpWithDovecotTests(Dovecot server) : IClassFixture<Dovecot>
{
    [SkippableFact]
    public async Task Delivers_to_a_mailbox_and_settles_the_full_and_the_unknown_one_by_themselves()
    {
        Skip.IfNot(Dovecot.CanRun, "dovecot is not installed, or this is not root");
        var target = new ConnectTarget("localhost", IPAddress.Loopback, 0)
        {
            Transport = new Transport(TransportKind.Lmtp) { SocketPath = server.SocketPath },
        };
        var connection = Assert.IsType<ConnectResult.Connected>(await ClientFixture.TryConnectAsync(ClientFixture.Options, target)).Connection;

        for (var i = 1; i <= 2; i++)
        {
            var result = await MaildirFixture.SendAsync(
                connection, "Subject: x\r\n\r\n.dot\r\n", 1, true, "bob@example.test", "nobody@example.test", "carol@example.test");

            Assert.Equal([typeof(RecipientOutcome.Delivered), typeof(RecipientOutcome.Failed)], result.Outcomes.Take(2).Select(o => o.GetType()));
            Assert.Equal((250, 550), (result.Outcomes[0].Reply.Code, result.Outcomes[1].Reply.Code));
            Assert.Contains(result.Outcomes[2].Reply.Code, (int[])[452, 552]);
            Assert.True(result.Reusable);
            Assert.Equal(i, server.Mailbox("bob").Length);
        }
        Assert.Contains("\n.dot\n", File.ReadAllText(server.Mailbox("bob")[0]).ReplaceLineEndings("\n"), StringComparison.Ordinal);
        await connection.QuitAsync();
    }
}
