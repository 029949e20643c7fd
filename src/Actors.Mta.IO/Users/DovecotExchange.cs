using System.Collections.Immutable;
using System.Globalization;

namespace Actors.Mta.IO.Users;

/// <summary>One SASL exchange that Dovecot has with a client of ours. One call at a time.</summary>
public sealed class DovecotExchange : IDisposable
{
    private readonly DovecotAuthConnection _connection;
    private volatile TaskCompletionSource<DovecotAnswer> _answer = New();
    private bool _begun;
    private volatile bool _over;

    internal DovecotExchange(DovecotAuthConnection connection, uint id) => (_connection, Id) = (connection, id);

    internal uint Id { get; }

    /// <summary>AUTH.</summary>
    /// <param name="initial">Null when the client gave no initial response.</param>
    /// <exception cref="IOException">No answer: the connection was lost, or the time was up.</exception>
    public Task<DovecotAnswer> StartAsync(string mechanism, DovecotClient client, ReadOnlyMemory<byte>? initial, CancellationToken cancel)
    {
        List<string> words =
        [
            "AUTH", Number(Id), mechanism, "service=smtp",
            $"rip={client.Remote.Address}", $"rport={Number(client.Remote.Port)}",
            $"lip={client.Local.Address}", $"lport={Number(client.Local.Port)}",
        ];
        if (client.Secured) words.Add("secured");
        // Must be the last one.
        if (initial is { } response) words.Add($"resp={Convert.ToBase64String(response.Span)}");
        _begun = true;
        return AskAsync(DovecotLine.Join([.. words]), cancel);
    }

    /// <summary>CONT.</summary>
    /// <exception cref="IOException">As above.</exception>
    public Task<DovecotAnswer> ContinueAsync(ReadOnlyMemory<byte> response, CancellationToken cancel) =>
        AskAsync(DovecotLine.Join("CONT", Number(Id), Convert.ToBase64String(response.Span)), cancel);

    public void Dispose()
    {
        _connection.Forget(Id);
        if (!_begun || _over || !_connection.IsAlive) return;
        _over = true;
        _ = CancelAsync();
    }

    /// <summary>Null for lines that are no answers.</summary>
    internal static DovecotAnswer? Read(string verb, string[] words)
    {
        var fields = words.Select(w => w.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (Name: w[..at], Value: w[(at + 1)..]) : (Name: w, Value: ""))
            .DistinctBy(f => f.Name).ToImmutableDictionary(f => f.Name, f => f.Value, StringComparer.Ordinal);
        return verb switch
        {
            "CONT" => new DovecotAnswer.Continue(Convert.FromBase64String(words.Length > 0 ? words[0] : "")),
            "OK" when fields.TryGetValue("user", out var user) => new DovecotAnswer.Ok(user, fields),
            "OK" => new DovecotAnswer.Fail(null, Temporary: true, "the answer names no user"),
            "FAIL" => new DovecotAnswer.Fail(
                fields.GetValueOrDefault("user"),
                fields.ContainsKey("temp") || fields.GetValueOrDefault("code") == "temp_fail",
                fields.GetValueOrDefault("reason") ?? fields.GetValueOrDefault("code")),
            _ => null,
        };
    }

    internal void Answer(DovecotAnswer answer)
    {
        if (answer is not DovecotAnswer.Continue) _over = true;
        _answer.TrySetResult(answer);
    }

    internal void Fail(IOException why)
    {
        _over = true;
        _answer.TrySetException(why);
    }

    private async Task<DovecotAnswer> AskAsync(string line, CancellationToken cancel)
    {
        var answer = _answer = New();
        if (_over) throw new IOException($"{_connection.Options.Endpoint}: the connection was lost");
        await _connection.WriteAsync(line, cancel);
        try
        {
            return await answer.Task.WaitAsync(_connection.Options.Timeout, cancel);
        }
        catch (TimeoutException e)
        {
            throw new IOException($"{_connection.Options.Endpoint}: no answer in time", e);
        }
    }

    /// <summary>Tells Dovecot to forget the exchange; that it cannot be told any more is as good.</summary>
    private async Task CancelAsync()
    {
        try
        {
            await _connection.WriteAsync(DovecotLine.Join("CANCEL", Number(Id)), CancellationToken.None);
        }
        catch (IOException)
        {
            // With the connection, Dovecot forgets all of its exchanges.
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static TaskCompletionSource<DovecotAnswer> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
