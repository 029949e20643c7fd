using System.Net;
using Actors.Mta.Core.Smtp;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Smtp;

/// <content>How a connection ends: nothing here may throw, or the session would never hear of the end.</content>
internal sealed partial class SmtpConnection
{
    /// <summary>The session has failed, so the last word is ours (RFC 5321 3.8).</summary>
    private void TrySayBroken()
    {
        try
        {
            Say(SmtpReply.Of(421, "4.3.0", $"{_options.Hostname} Internal error, closing connection"));
        }
        catch (Exception e)
        {
            LogEndFailed(e, _options.Name);
        }
    }

    /// <summary>Frees the body and the transport; what was written is sent before, if the peer takes it soon.</summary>
    private async ValueTask ReleaseAsync()
    {
        try
        {
            await AbandonAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogEndFailed(e, _options.Name);
        }
        try
        {
            await _wire.CloseAsync(Farewell).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogEndFailed(e, _options.Name);
        }
        try
        {
            var closing = _transport.DisposeAsync();
            if (!closing.IsCompleted) await CloseAsync(closing.AsTask()).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogEndFailed(e, _options.Name);
        }
    }

    private async Task CloseAsync(Task closing)
    {
        await closing.WaitAsync(_wire.Stuck ? TimeSpan.Zero : Farewell).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (closing.IsCompleted) return;
        _transport.Abort(new ConnectionAbortedException("The peer does not take the last reply."));
        await closing.ConfigureAwait(false);
    }

    private void TellClosed(SessionEnd why)
    {
        try
        {
            _opened?.Closed(why);
        }
        catch (Exception e)
        {
            LogEndFailed(e, _options.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Listener {Listener}: the session with {Client} broke")]
    private partial void LogBroken(Exception e, string listener, IPEndPoint client);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: {Client} sends its message too slowly")]
    private partial void LogTooSlow(string listener, IPEndPoint client);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Listener {Listener}: a connection did not end cleanly")]
    private partial void LogEndFailed(Exception e, string listener);
}
