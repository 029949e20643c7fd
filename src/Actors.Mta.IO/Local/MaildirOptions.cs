namespace Actors.Mta.IO.Local;

/// <summary>How this node writes into Maildirs.</summary>
/// <param name="Hostname">Ends the names of messages.</param>
public sealed record MaildirOptions(string Hostname)
{
    /// <summary>Messages that are written at a time; further ones wait.</summary>
    public int Writers { get; init; } = 16;
}
