using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Recipients;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Events;
using Actors.Mta.IO.Smtp;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.Engine.Hosting;

/// <summary>
/// What a node reads from files of its own and keeps current: certificates, users, address book. Opened before anything listens, so
/// that a mistake in one of them stops the start; a mistake that comes later leaves the old one in force.
/// </summary>
internal sealed class NodeServices : IAsyncDisposable
{
    private NodeServices(Encryption encryption, NodeAuthentication authentication, AddressBooks books, EventLog? events)
    {
        (Encryption, Authentication, Books, Events) = (encryption, authentication, books, events);
    }

    /// <summary>Null: events are off.</summary>
    public EventLog? Events { get; }

    public Encryption Encryption { get; }

    public NodeAuthentication Authentication { get; }

    public AddressBooks Books { get; }

    /// <summary>Of all listeners, and of all connections to others.</summary>
    public DialogueTap Dialogues { get; } = new();

    /// <exception cref="Exception">What the parts throw: a certificate, the users or the address book cannot be used.</exception>
    public static async Task<NodeServices> OpenAsync(MtaSettings settings, TimeProvider clock, ILogger log)
    {
        var encryption = Encryption.Open(settings, log);
        NodeAuthentication? authentication = null;
        try
        {
            authentication = NodeAuthentication.Open(settings, clock, log);
            var users = authentication;
            var books = AddressBooks.Open(settings.Recipients, settings.Relay.Domains, () => users.UserNames, log, clock);
            if (settings.Recipients.UsersAreMailboxes) users.WhenUsersChange(() => books.Reload());
            return new NodeServices(encryption, authentication, books, settings.Events.Enabled ? new EventLog(settings.Events, log) : null);
        }
        catch
        {
            if (authentication is not null) await authentication.DisposeAsync();
            await encryption.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads all files again (SIGHUP). A part whose new files are wrong keeps what it has.</summary>
    /// <returns>What was read, and what is wrong, a line each.</returns>
    public IReadOnlyList<ReloadLine> Reload()
    {
        var lines = new List<ReloadLine>();
        if (Encryption.Certificates is { } certificates)
        {
            var good = certificates.TryReload(out var message);
            lines.Add(new ReloadLine(good, $"certificates: {message}"));
        }
        var users = Authentication.Reload();
        lines.AddRange(users.Select(p => new ReloadLine(false, $"users: {p}")));
        if (users.IsEmpty) lines.Add(new ReloadLine(true, $"users: {Authentication.UserNames.Count()} in the users file"));
        var books = Books.Reload();
        lines.AddRange(books.Problems.Select(p => new ReloadLine(!p.Fatal, $"recipients: {p}")));
        if (books.Used) lines.Add(new ReloadLine(true, $"recipients: {books.Domains} domains, {books.Addresses} addresses"));
        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        await Books.DisposeAsync();
        await Authentication.DisposeAsync();
        await Encryption.DisposeAsync();
        // Writes what is left.
        Events?.Dispose();
    }
}

/// <summary>One thing that a reload did or did not do.</summary>
/// <param name="Good">False: the old one stays in force.</param>
public sealed record ReloadLine(bool Good, string Text);
