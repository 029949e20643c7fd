using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Actors.Mta.Benchmarks.Submission;

/// <summary>
/// A closed-loop load of submissions over TLS with AUTH: so many sessions, each of which sends its next message when the last
/// one is accepted. Prints one line; what a server refuses is counted as an error and not sent again.
/// </summary>
public sealed class SubmissionLoad
{
    private readonly LoadOptions _options;
    private readonly byte[] _envelope;
    private readonly byte[] _message;
    private readonly List<double> _milliseconds = [];
    private readonly Dictionary<string, int> _errors = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _left;
    private int _connections;

    private SubmissionLoad(LoadOptions options)
    {
        _options = options;
        _left = options.Messages;
        _envelope = Encoding.ASCII.GetBytes($"MAIL FROM:<{options.From}>\r\nRCPT TO:<{options.To}>\r\nDATA\r\n");
        _message = Message(options);
    }

    /// <returns>Exit code: 0 when all were accepted, 1 when not, 2 for wrong usage.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        LoadOptions options;
        try
        {
            options = LoadOptions.Parse(arguments);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}\nusage: {LoadOptions.Usage}");
            return 2;
        }
        return await new SubmissionLoad(options).RunAsync();
    }

    private async Task<int> RunAsync()
    {
        var used = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, _options.Sessions).Select(_ => SessionAsync()));
        var seconds = watch.Elapsed.TotalSeconds;
        var cpu = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
        _milliseconds.Sort();
        var errors = _options.Messages - _milliseconds.Count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"accepted={_milliseconds.Count} errors={errors} connections={_connections} seconds={seconds:F3} " +
            $"rate={_milliseconds.Count / seconds:F1} cpu={cpu:F3} p50={Percentile(50):F1}ms p99={Percentile(99):F1}ms"));
        foreach (var (error, count) in _errors) await Console.Error.WriteLineAsync($"{count} × {error}");
        return errors == 0 ? 0 : 1;
    }

    private async Task SessionAsync()
    {
        await Task.Yield();
        while (TakeSome() is var some and > 0)
        {
            try
            {
                Interlocked.Increment(ref _connections);
                await ConnectionAsync(some);
            }
            catch (Exception e) when (e is IOException or SocketException or AuthenticationException or OperationCanceledException)
            {
                lock (_lock) _errors[e.Message] = _errors.GetValueOrDefault(e.Message) + 1;
            }
        }
    }

    /// <summary>With a connection for each message, its time has connection, handshake and login in it.</summary>
    private async Task ConnectionAsync(int messages)
    {
        var since = Stopwatch.GetTimestamp();
        await using var connection = await SubmissionConnection.OpenAsync(_options);
        for (var i = 0; i < messages; i++)
        {
            if (i > 0) since = Stopwatch.GetTimestamp();
            await connection.SubmitAsync(_envelope, _message);
            var took = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
            lock (_lock) _milliseconds.Add(took);
        }
        await connection.QuitAsync();
    }

    private int TakeSome()
    {
        lock (_lock)
        {
            var some = Math.Min(_left, _options.PerConnection);
            _left -= some;
            return some;
        }
    }

    private double Percentile(int percent) =>
        _milliseconds.Count == 0 ? 0 : _milliseconds[Math.Min(_milliseconds.Count - 1, _milliseconds.Count * percent / 100)];

    private static byte[] Message(LoadOptions options)
    {
        var text = new StringBuilder(
            $"From: <{options.From}>\r\nTo: <{options.To}>\r\nSubject: submission\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\n" +
            "Message-ID: <submission@client.test>\r\n\r\n");
        while (text.Length < options.Size) text.Append("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789\r\n");
        return Encoding.ASCII.GetBytes(text.Append(".\r\n").ToString());
    }
}
