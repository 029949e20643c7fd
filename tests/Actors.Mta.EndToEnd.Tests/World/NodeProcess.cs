using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// The program `mta` as a process of its own, as an operator runs it. It may be killed, stopped and started again on the
/// same data as often as a test likes.
/// </summary>
public sealed class NodeProcess : IAsyncDisposable
{
    private static readonly string Program = SourceTree.Program("Actors.Mta.Node", "mta.dll");

    private readonly string _directory;
    private readonly string _configuration;
    // By the settings with which it is first started.
    private readonly Lazy<HttpClient> _admin;
    private readonly List<string> _earlier = [];
    private RunningProgram? _process;

    public NodeProcess(string directory, NodeSettings settings)
    {
        _directory = directory;
        _configuration = Path.Combine(directory, "node.conf");
        Settings = settings;
        _admin = new Lazy<HttpClient>(() => Connect(settings));
    }

    public NodeSettings Settings { get; }

    /// <summary>The file of its users, of domains, mailboxes and aliases, for instance.</summary>
    public string FileNamed(string name) => Path.Combine(_directory, name);

    /// <summary>Adds a user with `mta user add`, and has the node read the file that this makes.</summary>
    public async Task AddUserAsync(string name, string password, params string[] options)
    {
        var users = FileNamed("users");
        (await Programs.RunAsync(
            "dotnet", [Program, "user", "add", name, "--password-stdin", "--file", users, .. options],
            Encoding.UTF8.GetBytes(password + "\n"))).Succeeded();
        Settings["mta.auth.provider"] = "file";
        Settings["mta.auth.file"] = NodeSettings.Text(users);
    }

    /// <summary>Makes a domain its own: mail for these mailboxes goes by this transport ("lmtp:unix:/path"), all other is refused.</summary>
    public async Task ServeDomainAsync(string domain, string transport, params string[] mailboxes)
    {
        async Task Add(string file, IEnumerable<string> lines)
        {
            await File.AppendAllLinesAsync(FileNamed(file), lines);
            Settings[$"mta.recipients.{file}"] = $"[{NodeSettings.Text(FileNamed(file))}]";
        }
        await Add("domains", [$"{domain} local {transport}"]);
        await Add("mailboxes", mailboxes);
    }

    /// <summary>Everything that it has written since it was first started.</summary>
    public IReadOnlyList<string> Log => [.. _earlier, .. _process?.Lines ?? []];

    /// <summary>Starts it and waits until it says that it is alive.</summary>
    public async Task StartAsync()
    {
        await File.WriteAllTextAsync(_configuration, Settings.ToString());
        _process = RunningProgram.Start("dotnet", [Program, "run", "--config", _configuration], _directory, "mta");
        await Eventually.TrueAsync("the node is alive", IsAliveAsync, () => _process.Tail(40));
    }

    /// <summary>SIGKILL, whatever it is doing.</summary>
    public async Task KillAsync() => await EndAsync(process => process.KillAsync());

    /// <summary>SIGTERM: it drains and ends with 0.</summary>
    public async Task StopAsync() => await EndAsync(async process =>
    {
        process.Signal(Signals.Terminate);
        await process.WaitForExitAsync(Eventually.Deadline);
        Assert.True(process.ExitCode == 0, $"the node ended with {process.ExitCode}\n{process.Tail(40)}");
    });

    /// <summary>Runs a command of the program beside the node: `mta queue list`.</summary>
    public Task<ProgramResult> CommandAsync(params string[] arguments) => ProgramAsync([.. arguments, "--config", _configuration]);

    /// <summary>Runs the program to its end, whatever it is told.</summary>
    public static Task<ProgramResult> ProgramAsync(params string[] arguments) => Programs.RunAsync("dotnet", [Program, .. arguments]);

    /// <summary>As above, with standard input.</summary>
    public static Task<ProgramResult> ProgramAsync(ReadOnlyMemory<byte> input, params string[] arguments) =>
        Programs.RunAsync("dotnet", [Program, .. arguments], input);

    /// <summary>GET /api/v1/queue/summary.</summary>
    public async Task<QueueSummary> SummaryAsync()
    {
        using var answer = JsonDocument.Parse(await _admin.Value.GetStringAsync(new Uri("api/v1/queue/summary", UriKind.Relative)));
        long Field(string name) => answer.RootElement.GetProperty(name).GetInt64();
        return new QueueSummary(Field("messages"), Field("recipients"), Field("waiting"), Field("ready"), Field("delivering"));
    }

    /// <summary>GET /api/v1/queue, as it comes.</summary>
    public Task<string> QueueAsync() => _admin.Value.GetStringAsync(new Uri("api/v1/queue", UriKind.Relative));

    /// <summary>GET /metrics.</summary>
    public Task<string> MetricsAsync() => _admin.Value.GetStringAsync(new Uri("metrics", UriKind.Relative));

    /// <summary>POST /api/v1/queue/flush: every waiting message is due now.</summary>
    public async Task FlushAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/queue/flush");
        request.Headers.Add("X-Mta-Admin", "1");
        request.Content = JsonContent.Create(new { });
        using var response = await _admin.Value.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"flush: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    /// <summary>Waits until nothing is queued.</summary>
    public async Task DrainsAsync(TimeSpan? within = null)
    {
        QueueSummary? last = null;
        await Eventually.TrueAsync(
            "the queue is empty", async () => (last = await SummaryAsync()).Messages == 0, () => $"{last}\n{_process?.Tail(20)}", within);
    }

    /// <summary>Waits for a line of the log that has all these words.</summary>
    public async Task<string> LogsAsync(params string[] words)
    {
        bool Has(string line) => words.All(word => line.Contains(word, StringComparison.OrdinalIgnoreCase));
        await Eventually.TrueAsync($"a log line with {string.Join(", ", words)}", () => Log.Any(Has), () => _process?.Tail(40) ?? "");
        return Log.First(Has);
    }

    /// <summary>Resident memory in octets: now, and the most that it ever was.</summary>
    public (long Now, long Peak) Memory()
    {
        var status = File.ReadAllLines($"/proc/{_process!.Id}/status");
        long Field(string name) =>
            long.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ')[^2], CultureInfo.InvariantCulture) * 1024;
        return (Field("VmRSS:"), Field("VmHWM:"));
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_admin.IsValueCreated) _admin.Value.Dispose();
    }

    private async Task EndAsync(Func<RunningProgram, Task> how)
    {
        if (_process is not { } process) return;
        try
        {
            await how(process);
        }
        finally
        {
            await process.DisposeAsync();
            _earlier.AddRange(process.Lines);
            _process = null;
        }
    }

    private static HttpClient Connect(NodeSettings settings)
    {
        var handler = new SocketsHttpHandler();
        if (settings.AdminCertificate is { } own)
        {
            handler.SslOptions.ClientCertificates = [X509CertificateLoader.LoadPkcs12(X509Certificate2.CreateFromPemFile(own.Certificate, own.Key).Export(X509ContentType.Pkcs12), null)];
            // Who it is, is for other programs to find out.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }
        return new HttpClient(handler) { BaseAddress = settings.AdminUrl, Timeout = TimeSpan.FromSeconds(30) };
    }

    private async Task<bool> IsAliveAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"the node ended with {_process.ExitCode}\n{_process.Tail(40)}");
        try
        {
            using var answer = await _admin.Value.GetAsync(new Uri("health/live", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

/// <summary>How many are queued: messages, their open recipients, and what those are doing.</summary>
public sealed record QueueSummary(long Messages, long Recipients, long Waiting, long Ready, long Delivering);
