using System.Net;
using System.Text;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Local;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Tests.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Local;

/// <summary>Mailboxes in a directory that goes away with the test.</summary>
internal sealed class MaildirFixture : IDisposable
{
    public static readonly DateTimeOffset Arrived = new ManualTime().GetUtcNow();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("maildir");

    public FaultyMaildirDisk Disk { get; } = new();

    public ManualTime Clock { get; } = new();

    public string Root => _directory.FullName;

    public int Writers { get; init; } = 4;

    public ConnectTarget Target(string options = "", string pattern = "{domain}/{local}")
    {
        Assert.True(Route.TryParse($"maildir:{Root}/{pattern}{options}", out var route, out var problem), problem);
        return new ConnectTarget("localhost", IPAddress.Loopback, 0) { Transport = route.TransportWith(ClientSecurity.Default) };
    }

    public MaildirConnector Connector() =>
        new(new MaildirOptions("mta.test") { Writers = Writers }, Disk, Clock, NullLogger<MaildirConnector>.Instance);

    public async Task<ISmtpClientConnection> ConnectAsync(ConnectTarget? target = null) => Assert.IsType<ConnectResult.Connected>(
        await Connector().ConnectAsync([target ?? Target()], CancellationToken.None).WaitAsync(ScriptedClient.Patience)).Connection;

    /// <param name="id">The message's; the same one is the same message.</param>
    public static Task<TransactionResult> SendAsync(
        ISmtpClientConnection connection, string text, ulong id, bool hot, params string[] recipients)
    {
        var octets = Encoding.Latin1.GetBytes(text);
        var envelope = new Envelope(new MessageId(0, id), EmailAddress.Parse("a@client.test"), Arrived, octets.Length);
        var transaction = new ClientTransaction(envelope, [.. recipients.Select(r => new Recipient(EmailAddress.Parse(r)))]);
        return connection.SendAsync(transaction, new MemoryBody(octets, hot), null, CancellationToken.None).WaitAsync(ScriptedClient.Patience);
    }

    public static Task<TransactionResult> SendAsync(ISmtpClientConnection connection, string text, ulong id = 1) =>
        SendAsync(connection, text, id, true, "bob@example.test");

    /// <summary>What is in a part of bob's mailbox, by name.</summary>
    public string[] Files(string part, string mailbox = "example.test/bob") => Directory.Exists(Path.Combine(Root, mailbox, part))
        ? [.. Directory.GetFiles(Path.Combine(Root, mailbox, part)).Order(StringComparer.Ordinal)]
        : [];

    public void Dispose() => _directory.Delete(recursive: true);
}
