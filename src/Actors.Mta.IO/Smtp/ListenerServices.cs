using Actors.Mta.IO.Spool;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <summary>What the connections of one listener share.</summary>
internal sealed record ListenerServices(
    ListenerOptions Options, ISmtpSessionFactory Sessions, ISpool Spool, int LargeBody, ILogger Log)
{
    public Refusals Refusals { get; } = new(Options.Hostname);

    public DialogueTap Tap { get; init; } = new();
}
