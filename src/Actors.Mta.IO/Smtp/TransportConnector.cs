using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.IO.Local;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <summary>Hands each plan to the connector of its transport: SMTP and LMTP go over sockets, Maildirs are written.</summary>
public sealed class TransportConnector(ISmtpConnector sockets, ISmtpConnector maildirs) : ISmtpConnector
{
    /// <summary>The connectors of a node.</summary>
    public static TransportConnector For(ClientOptions client, MaildirOptions maildir, TimeProvider clock, ILoggerFactory logs, DialogueTap tap) => new(
        new SmtpConnector(client, logs.CreateLogger<SmtpConnector>(), tap),
        new MaildirConnector(maildir, clock, logs.CreateLogger<MaildirConnector>()));

    /// <remarks>All targets of a plan have one transport.</remarks>
    public Task<ConnectResult> ConnectAsync(ImmutableArray<ConnectTarget> targets, CancellationToken cancel) =>
        (targets[0].Transport.Kind == TransportKind.Maildir ? maildirs : sockets).ConnectAsync(targets, cancel);
}
