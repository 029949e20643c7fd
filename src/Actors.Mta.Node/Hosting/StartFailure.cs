using System.Net.Sockets;
using Actors.Mta.Engine.Settings;
using Microsoft.AspNetCore.Connections;

namespace Actors.Mta.Node.Hosting;

/// <summary>Why a node did not start, in one line for the operator.</summary>
internal static class StartFailure
{
    public static string Explain(Exception failure, MtaSettings settings)
    {
        var causes = Causes(failure).ToList();
        if (causes.OfType<AddressInUseException>().Any() || Socket(causes, SocketError.AddressAlreadyInUse))
            return $"{Where(failure)}the address is in use; is another node running? Other ports: mta.listeners.*.port, mta.admin.port";
        if (Socket(causes, SocketError.AccessDenied))
            return $"{Where(failure)}no right to bind this port; ports below 1024 need CAP_NET_BIND_SERVICE";
        if (Socket(causes, SocketError.AddressNotAvailable))
            return $"{Where(failure)}this machine has no such address; see mta.listeners.*.address and mta.admin.address";
        if (causes.OfType<UnauthorizedAccessException>().FirstOrDefault() is { } denied)
            return $"{denied.Message} Is {settings.DataDirectory} (mta.data) writable for this user?";
        if (causes.OfType<IOException>().FirstOrDefault() is { } io) return io.Message;
        return causes[^1].Message;
    }

    /// <summary>The outermost message, which names the address when the thrower knew it.</summary>
    private static string Where(Exception failure) => failure is SocketException ? "" : failure.Message.TrimEnd('.') + ": ";

    private static bool Socket(IEnumerable<Exception> causes, SocketError error) =>
        causes.OfType<SocketException>().Any(s => s.SocketErrorCode == error);

    private static IEnumerable<Exception> Causes(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
            if (e is not AggregateException || e.InnerException is null) yield return e;
    }
}
