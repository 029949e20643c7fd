using System.Net;
using System.Net.Sockets;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// Sends numbered messages over several connections and goes on when the server dies: it reconnects, and what got no 250 is
/// never sent again under the same number, so that every second arrival is a duplicate made by the server.
/// </summary>
public sealed class NumberedSource(IPEndPoint endpoint, Ledger ledger)
{
    private static readonly TimeSpan BeforeReconnecting = TimeSpan.FromMilliseconds(50);

    /// <summary>Sends until so many have been accepted.</summary>
    public Task RunAsync(int messages, int connections, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => ConnectionsAsync(messages, cancel), cancel)));

    private async Task ConnectionsAsync(int messages, CancellationToken cancel)
    {
        while (ledger.Accepted < messages)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                await using var client = await SmtpClientScript.ConnectAsync(endpoint);
                if (client.Greeting.Code == 220 && (await client.SayAsync("EHLO source.test")).Code == 250)
                    await MessagesAsync(client, messages, cancel);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // The server is down; that is what this source is made for.
            }
            if (ledger.Accepted < messages) await Task.Delay(BeforeReconnecting, cancel);
        }
    }

    /// <summary>Ends with the first reply that is not the good one, or when all is sent.</summary>
    private async Task MessagesAsync(SmtpClientScript client, int messages, CancellationToken cancel)
    {
        while (ledger.Accepted < messages)
        {
            cancel.ThrowIfCancellationRequested();
            var number = ledger.Issue();
            if ((await client.SayAsync("MAIL FROM:<source@sender.test>")).Code != 250) return;
            if ((await client.SayAsync($"RCPT TO:<{NumberedMail.Recipient(number)}>")).Code != 250) return;
            if ((await client.SayAsync("DATA")).Code != 354) return;
            if ((await client.EndDataAsync(NumberedMail.Message(number, ledger.Octets))).Code != 250) return;
            ledger.Accept(number);
        }
        await client.SayAsync("QUIT");
    }
}
