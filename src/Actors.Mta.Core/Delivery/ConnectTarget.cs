using System.Net;

namespace Actors.Mta.Core.Delivery;

/// <summary>One address to connect to, or one local place to deliver to.</summary>
/// <param name="Host">The name that a certificate has to bear.</param>
public sealed record ConnectTarget(string Host, IPAddress Address, int Port)
{
    public Transport Transport { get; init; } = Transport.Smtp;

    public override string ToString() => Transport switch
    {
        { Maildir: { } maildir } => $"maildir:{maildir.Pattern}",
        { SocketPath: { } path } => $"{Host}[unix:{path}]",
        _ => $"{Host}[{Address}]:{Port}",
    };
}
