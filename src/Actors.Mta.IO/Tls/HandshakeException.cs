namespace Actors.Mta.IO.Tls;

/// <summary>A TLS handshake came to nothing; the message is fit for a log.</summary>
internal sealed class HandshakeException(HandshakeFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public HandshakeFailure Failure { get; } = failure;

    /// <summary>SslStream wraps what its callbacks throw.</summary>
    public static HandshakeException Of(Exception e, bool timedOut)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
            if (cause is HandshakeException ours) return ours;
        if (timedOut) return new HandshakeException(HandshakeFailure.Timeout, "not done in time", e);
        var root = e.GetBaseException();
        return e is IOException
            ? new HandshakeException(HandshakeFailure.Closed, "the client went away: " + OneLine(root.Message), e)
            : new HandshakeException(HandshakeFailure.Failed, OneLine(root.Message), e);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

internal enum HandshakeFailure { Failed, Timeout, Busy, Closed }
