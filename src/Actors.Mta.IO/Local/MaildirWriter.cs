using System.Buffers;
using System.Globalization;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Local;

/// <summary>
/// Puts one message into one Maildir: written to tmp, synced, given its name in new, the directory synced. What fails before the
/// name is given leaves nothing in new; what is there after a crash is found by its name and not delivered twice. A full disk and
/// missing rights make the message wait; only a full mailbox may bounce it, when the route says so.
/// </summary>
internal sealed class MaildirWriter(MaildirOptions options, IMaildirDisk disk, TimeProvider clock)
{
    private const int Block = 64 * 1024;
    /// <summary>A first attempt is made at once; later than this a message may be here already, and have been moved to cur.</summary>
    private static readonly TimeSpan FirstAttempt = TimeSpan.FromSeconds(10);
    private static readonly string[] Parts = ["tmp", "cur", "new"];

    private static readonly SmtpReply Delivered = SmtpReply.Of(250, "2.0.0", "Delivered to mailbox");
    private static readonly SmtpReply AlreadyThere = SmtpReply.Of(250, "2.0.0", "In the mailbox since an earlier attempt");

    /// <summary>Mailboxes with a quota are used one writer at a time; a few share a gate.</summary>
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <returns>A reply as an LMTP server would give it. Never throws for what the disk does.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was delivered.</exception>
    public async Task<SmtpReply> WriteAsync(
        MaildirRoute route, Envelope envelope, Recipient recipient, ISpoolBody body, CancellationToken cancel)
    {
        if (!route.TryResolve(recipient.Address, out var maildir, out var refusal)) return refusal;
        var gate = route.Quota is null ? null : _gates[(uint)maildir.GetHashCode(StringComparison.Ordinal) % _gates.Length];
        if (gate is not null) await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await WriteAsync(route, maildir, envelope, recipient, body, cancel).ConfigureAwait(false);
        }
        catch (IOException e) when (StorageRefusal.IsFull(e))
        {
            return SmtpReply.Of(452, "4.3.1", "No space for the mailbox on the disk");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ConversationException)
        {
            return SmtpReply.Of(451, "4.2.0", $"Mailbox cannot be written: {e.Message}");
        }
        finally
        {
            gate?.Release();
        }
    }

    private async Task<SmtpReply> WriteAsync(
        MaildirRoute route, string maildir, Envelope envelope, Recipient recipient, ISpoolBody body, CancellationToken cancel)
    {
        if (!disk.DirectoryExists(route.Base)) return SmtpReply.Of(451, "4.3.5", $"The directory {route.Base} does not exist");
        MakeDirectories(route.Base, maildir);
        var name = MaildirName.Of(envelope, recipient, options.Hostname);
        if (clock.GetUtcNow() - envelope.Arrived > FirstAttempt && IsThere(maildir, name)) return AlreadyThere;
        var quota = route.Quota is { } limit ? new MaildirQuota(maildir, limit, clock) : null;
        // Most mailboxes that are full are so by far: known before anything is written.
        if (quota is not null && quota.IsFullFor(1)) return Full(route);

        var draft = Path.Combine(maildir, "tmp", name);
        var published = false;
        try
        {
            var size = await DraftAsync(draft, envelope, recipient, body, cancel).ConfigureAwait(false);
            if (quota is not null && quota.IsFullFor(size)) return Full(route);
            published = disk.Publish(draft, Path.Combine(maildir, "new", MaildirName.WithSize(name, size)));
            if (!published) return AlreadyThere;
            quota?.Add(size);
            return Delivered;
        }
        finally
        {
            if (!published) Discard(draft);
        }
    }

    private static SmtpReply Full(MaildirRoute route) => route.BounceWhenFull
        ? SmtpReply.Of(552, "5.2.2", "Mailbox is full")
        : SmtpReply.Of(452, "4.2.2", "Mailbox is full");

    private void MakeDirectories(string directory, string maildir)
    {
        if (Array.TrueForAll(Parts, part => disk.DirectoryExists(Path.Combine(maildir, part)))) return;
        foreach (var part in Path.GetRelativePath(directory, maildir).Split(Path.DirectorySeparatorChar))
        {
            directory = Path.Combine(directory, part);
            if (!disk.DirectoryExists(directory)) disk.CreateDirectory(directory);
        }
        // "new" comes last: with it a Maildir is whole.
        foreach (var part in Parts)
            if (Path.Combine(maildir, part) is var path && !disk.DirectoryExists(path)) disk.CreateDirectory(path);
    }

    /// <summary>In new, or in cur under whatever flags.</summary>
    private bool IsThere(string maildir, string name)
    {
        var found = new[] { "new", "cur" }
            .SelectMany(part => Directory.EnumerateFiles(Path.Combine(maildir, part)))
            .FirstOrDefault(path => Path.GetFileName(path.AsSpan()).StartsWith(name, StringComparison.Ordinal));
        if (found is null) return false;
        // Whoever gave it the name may not have come to sync it: seen is not yet safe.
        disk.SyncDirectory(Path.GetDirectoryName(found)!);
        return true;
    }

    /// <returns>The size of the file, which is on stable storage.</returns>
    private async Task<long> DraftAsync(string path, Envelope envelope, Recipient recipient, ISpoolBody body, CancellationToken cancel)
    {
        using var file = disk.Create(path);
        using var output = new PooledBuffer(Block + 1024);
        var text = new MaildirText();
        output.Write(MaildirText.Fields(envelope.Sender, recipient.Address));
        var inMemory = body.TryGetMemory(out var content);
        var scratch = inMemory ? null : ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            long written = 0;
            for (long read = 0; read < body.Length;)
            {
                var wanted = (int)Math.Min(Block, body.Length - read);
                var block = scratch is null ? content.Slice((int)read, wanted) : await ReadAsync(body, read, scratch, wanted, cancel).ConfigureAwait(false);
                read += block.Length;
                text.Write(block.Span, output);
                written += Flush(file, output, written);
            }
            text.End(output);
            written += Flush(file, output, written);
            disk.Sync(file);
            return written;
        }
        finally
        {
            if (scratch is not null) ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        ISpoolBody body, long offset, byte[] scratch, int wanted, CancellationToken cancel)
    {
        var count = await body.ReadAsync(offset, scratch.AsMemory(0, wanted), cancel).ConfigureAwait(false);
        return count > 0
            ? scratch.AsMemory(0, count)
            : throw new ConversationException(string.Create(
                CultureInfo.InvariantCulture, $"this node's copy of the message ends at {offset} of {body.Length} octets"));
    }

    private int Flush(SafeFileHandle file, PooledBuffer output, long offset)
    {
        var count = output.Length;
        if (count > 0) disk.Write(file, output.Written.Span, offset);
        output.Clear();
        return count;
    }

    /// <summary>What stays in tmp harms nobody: readers clear it after 36 hours.</summary>
    private void Discard(string draft)
    {
        try
        {
            disk.Delete(draft);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The reply of what failed before says more than this.
            return;
        }
    }
}
