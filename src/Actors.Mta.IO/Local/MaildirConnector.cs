using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Local;

/// <summary>
/// Delivers into Maildirs behind the same door as SMTP, so that queue, sites and retry know no difference. The file work is done
/// on the thread pool by a bounded number of writers, shared by all connections; nobody's thread waits for a disk.
/// A base directory that is missing (a disk that is not mounted) is a site that does not answer: its mail waits.
/// </summary>
public sealed partial class MaildirConnector : ISmtpConnector
{
    private readonly MaildirWriter _writer;
    private readonly SemaphoreSlim _writers;
    private readonly IMaildirDisk _disk;
    private readonly ILogger<MaildirConnector> _log;

    public MaildirConnector(MaildirOptions options, TimeProvider clock, ILogger<MaildirConnector> log)
        : this(options, new MaildirDisk(), clock, log)
    {
    }

    internal MaildirConnector(MaildirOptions options, IMaildirDisk disk, TimeProvider clock, ILogger<MaildirConnector> log)
    {
        (_disk, _log) = (disk, log);
        _writer = new MaildirWriter(options, disk, clock);
        _writers = new SemaphoreSlim(options.Writers);
    }

    public async Task<ConnectResult> ConnectAsync(ImmutableArray<ConnectTarget> targets, CancellationToken cancel)
    {
        var target = targets[0];
        var route = target.Transport.Maildir ?? throw new ArgumentException("Not a target of Maildirs.", nameof(targets));
        try
        {
            if (await RunAsync(() => Task.FromResult(_disk.DirectoryExists(route.Base)), cancel).ConfigureAwait(false))
                return new ConnectResult.Connected(new MaildirConnection(target, this), []);
        }
        catch (OperationCanceledException)
        {
            return Failed(target, SmtpReply.Of(451, "4.3.2", "interrupted, this node is shutting down"));
        }
        return Failed(target, SmtpReply.Of(451, "4.3.5", $"The directory {route.Base} does not exist"));
    }

    /// <summary>One message for one recipient, on a writer's turn.</summary>
    internal async Task<SmtpReply> WriteAsync(
        ConnectTarget target, ClientTransaction transaction, int index, ISpoolBody body, CancellationToken cancel)
    {
        var recipient = transaction.Recipients[index];
        try
        {
            return await RunAsync(
                () => _writer.WriteAsync(target.Transport.Maildir!, transaction.Envelope, recipient, body, cancel), cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return SmtpReply.Of(451, "4.3.2", "interrupted, this node is shutting down");
        }
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancel)
    {
        await _writers.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancel).ConfigureAwait(false);
        }
        finally
        {
            _writers.Release();
        }
    }

    private ConnectResult.Failed Failed(ConnectTarget target, SmtpReply reply)
    {
        LogFailed(target, reply);
        return new ConnectResult.Failed([new ConnectFailure(target, SmtpStage.Connect, reply)]);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "No delivery to {Target}: {Reply}")]
    private partial void LogFailed(ConnectTarget target, SmtpReply reply);
}
