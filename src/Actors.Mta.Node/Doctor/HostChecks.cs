using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Actors.Mta.Engine.Settings;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.Node.Doctor;

/// <summary>This machine: its disk, ports, limits and clock. Nothing stays behind of what is tried.</summary>
internal static class HostChecks
{
    private const int Syncs = 50;
    private const int Written = 4096;
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(30);

    public static IEnumerable<Finding> Run(MtaSettings settings, bool running)
    {
        yield return Disk(settings);
        yield return FreeSpace(settings);
        foreach (var listener in settings.EnabledListeners) yield return Port($"listener {listener.Options.Name}", listener.Options.Endpoint, running);
        yield return Port("admin interface", settings.Admin.Endpoint, running);
        yield return OpenFiles(settings);
        if (Backlog(settings) is { } backlog) yield return backlog;
        if (Clock() is { } clock) yield return clock;
    }

    /// <summary>Writes and synchronises as the journal does; a 250 waits for two of these at the most.</summary>
    private static Finding Disk(MtaSettings settings)
    {
        const string subject = "data directory";
        var directory = settings.DataDirectory;
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { } above) directory = above;
        var file = Path.Combine(directory, $".mta-doctor-{Environment.ProcessId}");
        try
        {
            var times = new List<TimeSpan>();
            using (var handle = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose))
                for (var i = 0; i < Syncs; i++) times.Add(TimeOfSync(handle, i));
            times.Sort();
            var (median, worst) = (times[Syncs / 2], times[^1]);
            var fact = string.Create(CultureInfo.InvariantCulture, $"{directory} is written and synchronised in {median.TotalMilliseconds:0.0} ms, {worst.TotalMilliseconds:0.0} ms at worst");
            if (median <= Fast) return Finding.Good(subject, fact);
            return median <= Slow
                ? Finding.Poor(subject, fact, "each 250 waits for it; a disk with a protected write cache (or an SSD for mta.data) answers in less than 1 ms")
                : Finding.Poor(subject, fact, "this is slow for mail: a 250 takes about twice that. Put mta.data on a faster disk, or look for what else uses this one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Bad(subject, $"{directory} cannot be written: {e.Message}", "run this as the node's account, or give it the directory (mta.data)");
        }
    }

    private static TimeSpan TimeOfSync(SafeFileHandle file, int round)
    {
        var start = Stopwatch.GetTimestamp();
        RandomAccess.Write(file, new byte[Written], (long)round * Written);
        RandomAccess.FlushToDisk(file);
        return Stopwatch.GetElapsedTime(start);
    }

    private static Finding FreeSpace(MtaSettings settings)
    {
        const string subject = "free space";
        var directory = settings.DataDirectory;
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { } above) directory = above;
        var free = new DriveInfo(directory).AvailableFreeSpace;
        var fact = string.Create(CultureInfo.InvariantCulture, $"{free / 1e9:0.0} GB at {directory}");
        if (free < settings.Queue.MinimumFreeBytes)
            return Finding.Bad(subject, fact, "new mail is answered 452 below mta.queue.minimum-free-bytes: make room");
        return free < 10 * settings.Queue.MinimumFreeBytes ? Finding.Poor(subject, fact, "a queue that grows will fill it; mail is answered 452 then") : Finding.Good(subject, fact);
    }

    private static Finding Port(string subject, IPEndPoint endpoint, bool running)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            return running
                ? Finding.Poor(subject, $"{endpoint} is free, though a node answers", "the node that runs has another configuration; start it again with this one")
                : Finding.Good(subject, $"{endpoint} is free");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return running
                ? Finding.Good(subject, $"{endpoint} is in use, by the node that runs, it seems")
                : Finding.Bad(subject, $"{endpoint} is in use by another program", $"find it (ss -ltnp 'sport = :{endpoint.Port}') and stop it, or choose another port");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            return Finding.Bad(subject, $"{endpoint} may not be bound: {e.Message}", "ports below 1024 need CAP_NET_BIND_SERVICE (config/systemd has it), or another port");
        }
        catch (SocketException e)
        {
            return Finding.Bad(subject, $"{endpoint} cannot be bound: {e.Message}", "the address has to be one of this machine's");
        }
    }

    /// <summary>Two for a connection (a socket, and what the kernel needs for it to be waited for), and some for files.</summary>
    private static Finding OpenFiles(MtaSettings settings)
    {
        const string subject = "open files";
        const string limits = "/proc/self/limits";
        var line = File.Exists(limits) ? File.ReadLines(limits).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal)) : null;
        var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // .NET raises the soft limit to the hard one.
        if (words is not [_, _, _, _, var hard, ..] || !long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var allowed))
            return Finding.Good(subject, "unlimited, or not told by this system");
        var wanted = settings.EnabledListeners.Sum(l => (long)l.Options.Connections) + settings.Delivery.MaxConnections + 500;
        var fact = $"{allowed} allowed, {wanted} for all connections that the configuration permits";
        return allowed >= wanted
            ? Finding.Good(subject, fact)
            : Finding.Poor(subject, fact, "raise the limit (LimitNOFILE of systemd, ulimit -Hn), or lower mta.listeners.*.connections");
    }

    private static Finding? Backlog(MtaSettings settings)
    {
        const string file = "/proc/sys/net/core/somaxconn";
        if (!File.Exists(file) || !int.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var allowed)) return null;
        var wanted = settings.EnabledListeners.Select(l => l.Options.Backlog).DefaultIfEmpty().Max();
        var fact = $"{allowed} connections may wait to be accepted, {wanted} are asked for";
        return allowed >= wanted ? Finding.Good("backlog", fact) : Finding.Poor("backlog", fact, $"sysctl net.core.somaxconn={wanted}");
    }

    /// <summary>Ids, due times and leases are times; signatures are checked by time elsewhere. Null where nothing tells.</summary>
    private static Finding? Clock()
    {
        if (File.Exists("/run/systemd/timesync/synchronized")) return Finding.Good("clock", "synchronised (systemd-timesyncd)");
        var keeper = ((string[])["chronyd", "ntpd", "systemd-timesyn"]).FirstOrDefault(name => Process.GetProcessesByName(name).Length > 0);
        return keeper is not null
            ? Finding.Good("clock", $"kept by {keeper}")
            : Finding.Poor("clock", "no program was found that keeps it right", "run chrony or systemd-timesyncd, unless the host of this machine does it");
    }
}
