using System.Collections.Immutable;
using System.Net;
using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Smtp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>What the tests of the outbound side say again and again.</summary>
internal static class ClientFixture
{
    public const string Mail = "MAIL FROM:<a@client.test>";
    public const string Rcpt = "RCPT TO:<b@example.test>";

    public static ClientOptions Options { get; } = new("mta.test");

    public static ConnectTarget Target(ScriptedReceiver receiver) => Target(receiver.Endpoint);

    public static ConnectTarget Target(IPEndPoint endpoint) => new("mx.example.test", endpoint.Address, endpoint.Port);

    public static Task<ConnectResult> TryConnectAsync(ClientOptions options, params ImmutableArray<ConnectTarget> targets) =>
        TryConnectAsync(options, NullLogger<SmtpConnector>.Instance, targets);

    public static Task<ConnectResult> TryConnectAsync(
        ClientOptions options, ILogger<SmtpConnector> log, params ImmutableArray<ConnectTarget> targets) =>
        new SmtpConnector(options, log)
            .ConnectAsync(targets, CancellationToken.None).WaitAsync(ScriptedClient.Patience);

    public static async Task<ISmtpClientConnection> ConnectAsync(ScriptedReceiver receiver, ClientOptions? options = null) =>
        Assert.IsType<ConnectResult.Connected>(await TryConnectAsync(options ?? Options, Target(receiver))).Connection;

    public static ClientTransaction Transaction(int size, int recipients = 1) => new(
        new Envelope(new MessageId(0, 1), EmailAddress.Parse("a@client.test"), DateTimeOffset.UnixEpoch, size),
        [.. Enumerable.Range(0, recipients).Select(i => new Recipient(EmailAddress.Parse(i == 0 ? "b@example.test" : $"b{i}@example.test")))]);

    public static Task<TransactionResult> SendAsync(
        ISmtpClientConnection connection, string text, int recipients = 1, bool hot = true, Func<ValueTask<bool>>? beforeBody = null, CancellationToken cancel = default)
    {
        var octets = Encoding.Latin1.GetBytes(text);
        return connection.SendAsync(Transaction(octets.Length, recipients), new MemoryBody(octets, hot), beforeBody, cancel).WaitAsync(ScriptedClient.Patience);
    }

    /// <summary>"mx.example.test[127.0.0.1]:port" may not be part of what a test compares.</summary>
    public static string Outcome(TransactionResult result) => string.Join(", ", result.Outcomes.Select(o => $"{o.GetType().Name} {o.Reply.Code}"));
}
