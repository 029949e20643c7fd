using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Tls;
using Microsoft.AspNetCore.Connections;

namespace Actors.Mta.Node.Hosting;

/// <summary>Why a node did not start, in one line for the operator.</summary>
internal static class StartFailure
{
    /// <summary>True for what is written wrongly in a file that the configuration names: another start does not mend it.</summary>
    public static bool IsMistake(Exception failure) => Causes(failure).Any(IsOfConfiguration);

    public static string Explain(Exception failure, MtaSettings settings)
    {
        var causes = Causes(failure).ToList();
        // These name file and line; what lies behind them is no word on the data directory.
        if (causes.FirstOrDefault(IsOfConfiguration) is { } mistake) return mistake.Message;
        if (causes.OfType<AddressInUseException>().Any() || Socket(causes, SocketError.AddressAlreadyInUse))
            return $"{Taken(settings)} in use; is another node running? Other ports: mta.listeners.*.port, mta.admin.port";
        if (Socket(causes, SocketError.AccessDenied))
            return $"{Endpoints(settings, e => e.Port < 1024)} not to be had without rights; ports below 1024 need CAP_NET_BIND_SERVICE";
        if (Socket(causes, SocketError.AddressNotAvailable))
            return $"{Endpoints(settings, e => !IPAddress.IsLoopback(e.Address) && !IsAny(e.Address))} on no interface of this machine";
        if (causes.OfType<UnauthorizedAccessException>().FirstOrDefault() is { } denied)
            return $"{denied.Message} Is {settings.DataDirectory} (mta.data) writable for this user?";
        if (causes.FirstOrDefault(c => c is DirectoryNotFoundException or FileNotFoundException) is { } missing)
            return $"{settings.DataDirectory} (mta.data) cannot be made: {missing.Message}";
        if (causes.OfType<IOException>().FirstOrDefault() is { } io) return io.Message;
        return causes[^1].Message;
    }

    /// <summary>Socket errors do not name the address; the system knows who listens.</summary>
    private static string Taken(MtaSettings settings)
    {
        var busy = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
        return Endpoints(settings, e => busy.Any(b => b.Port == e.Port
            && (b.Address.Equals(e.Address) || IsAny(b.Address) || IsAny(e.Address))));
    }

    private static string Endpoints(MtaSettings settings, Func<IPEndPoint, bool> where)
    {
        var named = settings.EnabledListeners.Select(l => (Name: $"mta.listeners.{l.Options.Name}", l.Options.Endpoint))
            .Append((Name: "mta.admin", settings.Admin.Endpoint)).Where(e => where(e.Endpoint))
            .Select(e => $"{e.Endpoint} ({e.Name})").ToList();
        return named.Count > 0 ? $"{string.Join(", ", named)} {(named.Count > 1 ? "are" : "is")}" : "an address is";
    }

    private static bool IsOfConfiguration(Exception cause) => cause is CertificateException or UserStoreException or InvalidDataException;

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool Socket(IEnumerable<Exception> causes, SocketError error) =>
        causes.OfType<SocketException>().Any(s => s.SocketErrorCode == error);

    private static IEnumerable<Exception> Causes(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
            if (e is not AggregateException || e.InnerException is null) yield return e;
    }
}
