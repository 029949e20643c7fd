using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>
/// A node as its operator would start it: the program `mta` as a process of its own, with a configuration file, watched over its
/// admin interface and /proc. Fails with an <see cref="IOException"/> that shows the end of its log.
/// </summary>
internal sealed class NodeUnderLoad : IAsyncDisposable
{
    private const int LogLines = 100_000;
    /// <summary>Messages that the admin interface lists at the most.</summary>
    private const int MostListed = 10_000;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    private readonly ProcessStartInfo _start;
    private readonly HttpClient _admin;
    private readonly ConcurrentQueue<string> _log = new();
    private Process _process;
    private double _peakMemory;
    private double _cpuSeconds;
    /// <summary>Of the processes that ended before.</summary>
    private double _cpuBefore;

    private NodeUnderLoad(string name, PlaceInCluster? place, ProcessStartInfo start, IPEndPoint relay, IPEndPoint admin)
    {
        (Name, Number, ClusterName, _start, Relay) = (name, place?.Number ?? 1, place?.Name ?? "", start, relay);
        _process = Begin();
        _admin = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{admin}/"), Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>"node", or "node2" of several.</summary>
    public string Name { get; }

    /// <summary>From 1.</summary>
    public int Number { get; }

    /// <summary>How the cluster calls it; empty for a node that works alone.</summary>
    public string ClusterName { get; }

    /// <summary>Where it takes mail.</summary>
    public IPEndPoint Relay { get; }

    /// <summary>What it used, as far as it was looked at.</summary>
    public NodeRecord Record => new(Name, Math.Round(_cpuSeconds, 2), Math.Round(_peakMemory, 1));

    /// <summary>The last lines of its log.</summary>
    public IEnumerable<string> Log => _log;

    /// <summary>Starts it; <see cref="AwaitStartAsync"/> waits until it takes mail.</summary>
    /// <param name="program">The file mta, or mta.dll.</param>
    /// <param name="directory">For its configuration and its data.</param>
    /// <param name="place">Its place in a cluster; null when it works alone.</param>
    public static NodeUnderLoad Start(string program, string directory, Scenario scenario, IPEndPoint dns, int deliveryPort, PlaceInCluster? place)
    {
        // In a namespace of its own every port is free.
        var address = place?.Address ?? IPAddress.Loopback;
        var relay = new IPEndPoint(address, place?.Namespace is null ? FreePort() : 2525);
        var admin = new IPEndPoint(address, place?.Namespace is null ? FreePort() : 2580);
        var name = place is null ? "node" : $"node{place.Number}";
        var configuration = Path.Combine(directory, $"{name}.conf");
        File.WriteAllText(configuration,
            $$"""
            mta {
              hostname = {{name}}.test
              data = "{{Path.Combine(directory, place is null ? "data" : $"data-{name}")}}"
              listeners.relay { address = "{{relay.Address}}", port = {{relay.Port}} }
              admin { address = "{{admin.Address}}", port = {{admin.Port}} }
              dns.servers = ["{{dns}}"]
              delivery.port = {{deliveryPort}}
            }
            {{place?.Settings}}
            {{scenario.NodeSettings}}

            """);
        string[] command = [.. place?.Namespace is { } space ? (string[])["ip", "netns", "exec", space] : [], .. program.EndsWith(".dll", StringComparison.Ordinal) ? (string[])["dotnet", program] : [program]];
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = directory,
        };
        foreach (var word in (string[])[.. command[1..], "run", "--preset", scenario.NodePreset, "--config", configuration]) start.ArgumentList.Add(word);
        // What this program sets for itself is not the node's.
        start.Environment.Remove(Commands.LoadCommand.InlineCompletions);
        return new NodeUnderLoad(name, place, start, relay, admin);
    }

    // ---- what can happen to it

    public void Kill() => _process.Kill();

    public void Pause() => Signal("STOP");

    public void Continue() => Signal("CONT");

    public void Terminate() => Signal("TERM");

    /// <summary>Starts it again when it has ended, and waits until it takes mail.</summary>
    /// <param name="within">It may end within this time, or go on; null: it is about to end.</param>
    public async Task RestartWhenEndedAsync(TimeSpan? within, CancellationToken cancel)
    {
        try
        {
            await _process.WaitForExitAsync(cancel).WaitAsync(within ?? StopPatience, cancel);
        }
        catch (TimeoutException) when (within is not null)
        {
            // It goes on.
        }
        StartAgain();
        try
        {
            await AwaitStartAsync(cancel);
        }
        catch (IOException) when (_process.HasExited && within is not null)
        {
            // Late, it ended after all.
            StartAgain();
            await AwaitStartAsync(cancel);
        }
    }

    private void StartAgain()
    {
        if (!_process.HasExited) return;
        _cpuBefore = _cpuSeconds;
        _process.Dispose();
        _process = Begin();
    }

    /// <summary>Who owns each partition, as it sees it; null when it does not answer.</summary>
    public async Task<Dictionary<int, (string? Owner, double Lease)>?> OwnersAsync(CancellationToken cancel)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(2));
            var status = await _admin.GetFromJsonAsync<JsonElement>("api/v1/cluster", limit.Token);
            return status.GetProperty("partitions").EnumerateArray().ToDictionary(
                p => p.GetProperty("partition").GetInt32(), p => (p.GetProperty("owner").GetString(), p.GetProperty("leaseSeconds").GetDouble()));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or IOException)
        {
            return null;
        }
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private Process Begin()
    {
        var process = Process.Start(_start) ?? throw new IOException($"{_start.FileName} does not start");
        process.OutputDataReceived += OnLine;
        process.ErrorDataReceived += OnLine;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>What it says of itself; null when it does not answer.</summary>
    public async Task<NodeVitals?> LookAsync()
    {
        try
        {
            var stat = await ProcessStat.ReadAsync(_process.Id);
            _cpuSeconds = _cpuBefore + stat.CpuSeconds;
            _peakMemory = Math.Max(_peakMemory, stat.ResidentMiB);
            return new NodeVitals(await QueuedAsync(CancellationToken.None), _cpuSeconds, stat.ResidentMiB);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TaskCanceledException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Messages in its queue, once for each partition that has recipients of them.</summary>
    public async Task<long> QueuedAsync(CancellationToken cancel)
    {
        var summary = await _admin.GetFromJsonAsync<JsonElement>("api/v1/queue/summary", cancel);
        return summary.GetProperty("messages").GetInt64();
    }

    /// <summary>The copies that it still has: those of the first 10,000 messages one by one, the others by their number.</summary>
    public async Task<QueuedCopies> QueuedCopiesAsync(CancellationToken cancel)
    {
        var copies = new List<long>();
        var summary = await _admin.GetFromJsonAsync<JsonElement>("api/v1/queue/summary", cancel);
        var messages = await _admin.GetFromJsonAsync<JsonElement>($"api/v1/queue?limit={MostListed}", cancel);
        var seen = 0L;
        foreach (var message in messages.EnumerateArray())
            foreach (var recipient in message.GetProperty("recipients").EnumerateArray())
            {
                seen++;
                if (LoadAddress.TryRead(System.Text.Encoding.UTF8.GetBytes(recipient.GetProperty("address").GetString() ?? ""), out var copy)) copies.Add(copy);
            }
        // A list that is whole leaves nothing to be believed by its number.
        var unlisted = messages.GetArrayLength() < MostListed ? 0 : Math.Max(0, summary.GetProperty("recipients").GetInt64() - seen);
        return new QueuedCopies(copies, unlisted);
    }

    /// <summary>Ends it in order; by force when it does not end.</summary>
    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        if (!_process.HasExited)
        {
            // One that was paused hears nothing before it goes on.
            Continue();
            Terminate();
            using (var patience = new CancellationTokenSource(StopPatience))
            {
                try
                {
                    await _process.WaitForExitAsync(patience.Token);
                }
                catch (OperationCanceledException)
                {
                    _process.Kill(entireProcessTree: true);
                }
            }
        }
        _process.Dispose();
    }

    /// <summary>Waits until it takes mail.</summary>
    public async Task AwaitStartAsync(CancellationToken cancel)
    {
        var deadline = Stopwatch.StartNew();
        while (deadline.Elapsed < StartPatience)
        {
            if (_process.HasExited) throw new IOException($"{Name} ended with {_process.ExitCode}:\n{string.Join('\n', _log.TakeLast(20))}");
            try
            {
                await QueuedAsync(cancel);
                using var probe = new TcpClient();
                await probe.ConnectAsync(Relay, cancel);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException or JsonException or TaskCanceledException && !cancel.IsCancellationRequested)
            {
                await Task.Delay(50, cancel);
            }
        }
        throw new IOException($"{Name} takes no mail after {StartPatience.TotalSeconds:0} s:\n{string.Join('\n', _log.TakeLast(20))}");
    }

    private void OnLine(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        _log.Enqueue(line.Data);
        while (_log.Count > LogLines) _log.TryDequeue(out _);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
