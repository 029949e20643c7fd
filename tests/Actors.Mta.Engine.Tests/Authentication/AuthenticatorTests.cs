using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Tests.Fakes;

namespace Actors.Mta.Engine.Tests.Authentication;

public sealed class AuthenticatorTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string Hash = PasswordHashing.Hash("sesame");

    private readonly MemoryUsers _users = new();
    private readonly TestTime _time = new();
    private readonly RecordingLog _log = new();
    private readonly List<(string Hash, string Password)> _hashed = [];
    private readonly Authenticator _authenticator;

    public AuthenticatorTests()
    {
        _users.Put(new UserAccount("John@example.test") { PasswordHash = Hash, ScramVerifier = PasswordHashing.Scram("sesame"), CramSecret = "sesame" });
        _authenticator = Create();
    }

    public void Dispose() => _authenticator.Dispose();

    [Theory]
    [InlineData("john@example.test")]
    [InlineData("JOHN@Example.Test")]
    public async Task Plain_with_the_right_password_succeeds_whatever_the_case_of_the_name(string name)
    {
        var user = Assert.IsType<SaslResult.Succeeded>(await Plain(name, "sesame")).User;
        Assert.Equal("John@example.test", user.Name);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Login_asks_for_name_and_password()
    {
        using var session = _authenticator.Begin("LOGIN", Client());
        Assert.IsType<SaslResult.Challenge>(await Next(session, null));
        Assert.IsType<SaslResult.Challenge>(await Next(session, "john@example.test"));
        Assert.IsType<SaslResult.Succeeded>(await Next(session, "sesame"));
    }

    [Fact]
    public async Task Cram_md5_works_for_users_with_a_secret()
    {
        using var session = _authenticator.Begin("CRAM-MD5", Client());
        var challenge = Assert.IsType<SaslResult.Challenge>(await Next(session, null)).Octets;
        Assert.EndsWith("@mta.test>", Encoding.ASCII.GetString(challenge.Span));
        var digest = Convert.ToHexStringLower(HMACMD5.HashData("sesame"u8, challenge.Span));
        Assert.IsType<SaslResult.Succeeded>(await Next(session, $"john@example.test {digest}"));
    }

    [Theory]
    [InlineData("sesame", true)]
    [InlineData("open", false)]
    public async Task Scram_proves_the_password(string password, bool right)
    {
        using var session = _authenticator.Begin("SCRAM-SHA-256", Client());
        var last = await ScramClient.RunAsync(session, "john@example.test", password);
        if (right) Assert.IsType<SaslResult.Succeeded>(last);
        else Refused(last, 535, "5.7.8");
    }

    [Fact]
    public async Task Scram_leads_unknown_users_on_with_a_salt_that_stays_the_same()
    {
        string[] salts = [await Salt(), await Salt()];
        Assert.Equal(salts[0], salts[1]);

        async Task<string> Salt()
        {
            using var session = _authenticator.Begin("SCRAM-SHA-256", Client());
            var first = Assert.IsType<SaslResult.Challenge>(await Next(session, "n,,n=nobody,r=abc"));
            return Encoding.ASCII.GetString(first.Octets.Span).Split(',')[1];
        }
    }

    [Theory]
    [InlineData("john@example.test", "wrong password")]
    [InlineData("nobody", "no such user")]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer_at_the_same_cost(string name, string reason)
    {
        Assert.IsType<SaslResult.Succeeded>(await Plain("john@example.test", "sesame"));
        _hashed.Clear();

        Assert.Equal("535 5.7.8 Authentication credentials invalid", Refused(await Plain(name, "open"), 535, "5.7.8"));

        Assert.Equal((Hash, "open"), Assert.Single(_hashed));
        Assert.Equal($"auth failed user=<{name}> client=192.0.2.1 mechanism=PLAIN reason=\"{reason}\"", Assert.Single(_log.Lines));
    }

    [Fact]
    public async Task A_user_without_a_password_cannot_log_in_by_plain()
    {
        _users.Put(new UserAccount("scram-only") { ScramVerifier = PasswordHashing.Scram("sesame") });
        Refused(await Plain("scram-only", "sesame"), 535, "5.7.8");
        Assert.Single(_hashed);
        Assert.Contains("no password is kept", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_right_password_is_hashed_once_until_its_time_is_up_or_it_changes()
    {
        for (var i = 0; i < 3; i++) Assert.IsType<SaslResult.Succeeded>(await Plain("john@example.test", "sesame"));
        Assert.Single(_hashed);

        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.IsType<SaslResult.Succeeded>(await Plain("john@example.test", "sesame"));
        Assert.Equal(2, _hashed.Count);

        _users.Put(new UserAccount("John@example.test") { PasswordHash = PasswordHashing.Hash("new") });
        Refused(await Plain("john@example.test", "sesame"), 535, "5.7.8");
        Assert.Equal(3, _hashed.Count);
    }

    [Fact]
    public async Task A_wrong_password_is_never_remembered()
    {
        for (var i = 0; i < 2; i++) Refused(await Plain("john@example.test", "open"), 535, "5.7.8");
        Assert.Equal(2, _hashed.Count);
    }

    [Fact]
    public async Task A_store_that_fails_is_454_and_no_guess()
    {
        _users.Failure = new UserStoreException("the database is down");
        for (var i = 0; i < 20; i++) Refused(await Plain("john@example.test", "sesame"), 454, "4.7.0");
        Assert.Equal(20, _log.Count("auth unavailable: the database is down"));

        _users.Failure = null;
        Assert.IsType<SaslResult.Succeeded>(await Plain("john@example.test", "sesame"));
    }

    [Fact]
    public async Task Too_many_waiting_checks_are_454()
    {
        using var gate = new ManualResetEventSlim();
        using var slow = Create((_, _) => { gate.Wait(Patience); return false; });
        // One in the thread, 64 waiting; whoever comes then is refused at once.
        var attempts = Enumerable.Range(0, 100).Select(i => Plain($"user{i}", "x", slow, $"198.51.100.{i}")).ToList();
        var first = await Task.WhenAny(attempts).WaitAsync(Patience);
        Refused(await first, 454, "4.7.0");
        gate.Set();

        var results = await Task.WhenAll(attempts).WaitAsync(Patience);
        Assert.InRange(results.Count(r => r is SaslResult.Refused { Reply.Code: 535 }), 64, 66);
    }

    [Fact]
    public async Task Nonsense_is_501_and_no_guess()
    {
        for (var i = 0; i < 20; i++)
        {
            using var session = _authenticator.Begin("PLAIN", Client());
            Refused(await Next(session, "no nul in it"), 501, "5.5.2");
        }
        Assert.IsType<SaslResult.Succeeded>(await Plain("john@example.test", "sesame"));
    }

    [Fact]
    public async Task Guesses_are_answered_later_and_later_and_then_the_client_is_blocked()
    {
        for (var i = 0; i < 3; i++) Refused(await Plain("john@example.test", "open"), 535, "5.7.8");
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 16, 16])
        {
            var answer = Plain("john@example.test", "open");
            await _time.SomebodyWaits();
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.False(answer.IsCompleted);
            _time.Advance(TimeSpan.FromTicks(1));
            Refused(await answer.WaitAsync(Patience), 535, "5.7.8");
        }
        Assert.Equal("421 4.7.0 Too many failed logins", Refused(await Plain("john@example.test", "sesame"), 421, "4.7.0"));
        Assert.Equal(1, _log.Count("auth guessing: client 192.0.2.1 is blocked"));
        // Nobody else suffers: not this client's neighbour.
        _users.Put(new UserAccount("alice") { PasswordHash = Hash });
        Assert.IsType<SaslResult.Succeeded>(await Plain("alice", "sesame", client: "192.0.2.2"));
    }

    [Fact]
    public async Task Many_guesses_at_once_do_not_get_around_the_block()
    {
        // The right one was begun before anybody was blocked, and is checked when the others have been counted.
        using var counted = new ManualResetEventSlim();
        using var quick = Create((_, password) => password == "sesame" && counted.Wait(Patience));
        var attempts = Enumerable.Range(0, 40).Select(i => Plain("john@example.test", i == 39 ? "sesame" : $"guess{i}", quick)).ToList();
        for (var delayed = 0; delayed < 7; delayed++) await _time.SomebodyWaits();
        counted.Set();
        _time.Advance(TimeSpan.FromSeconds(16));
        await Task.WhenAll(attempts).WaitAsync(Patience);
        Assert.DoesNotContain(attempts, a => a.Result is SaslResult.Succeeded);
        Assert.Equal(10, attempts.Count(a => a.Result is SaslResult.Refused { Reply.Code: 535 }));
    }

    [Fact]
    public async Task A_session_that_ends_does_not_wait_for_its_delay()
    {
        for (var i = 0; i < 3; i++) Refused(await Plain("john@example.test", "open"), 535, "5.7.8");
        var session = _authenticator.Begin("PLAIN", Client());
        var answer = Next(session, "\0john@example.test\0open");
        await _time.SomebodyWaits();

        session.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(Patience));
    }

    [Fact]
    public async Task Attempts_are_counted_by_mechanism_and_outcome()
    {
        var counted = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "mta.auth.attempts") l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (counted) counted.Add(string.Join(' ', tags.ToArray().Select(t => t.Value)));
        });
        listener.Start();
        using var session = _authenticator.Begin("LOGIN", Client());
        await Next(session, null);
        await Next(session, "john@example.test");
        await Next(session, "sesame");
        // Other tests run beside this one.
        lock (counted) Assert.Contains("LOGIN succeeded", counted);
    }

    private Authenticator Create(Func<PasswordHash, string, bool>? matches = null) => new(
        _users, new AuthenticatorOptions("mta.test", new byte[32]) { HashThreads = 1 }, _time, _log, matches ?? Record);

    private bool Record(PasswordHash hash, string password)
    {
        var text = hash is PasswordHash.Argon2id a ? PasswordHash.Write(a) : hash.ToString();
        lock (_hashed) _hashed.Add((text, password));
        return PasswordHashing.Matches(hash, password);
    }

    private async Task<SaslResult> Plain(string name, string password, Authenticator? authenticator = null, string client = "192.0.2.1")
    {
        using var session = (authenticator ?? _authenticator).Begin("PLAIN", Client(client));
        return await Next(session, $"\0{name}\0{password}");
    }

    internal static Task<SaslResult> Next(ISaslSession session, string? text) => session.NextAsync(
        text is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text), CancellationToken.None);

    internal static SessionFacts Client(string address = "192.0.2.1") =>
        new(new IPEndPoint(IPAddress.Parse(address), 40000), new IPEndPoint(IPAddress.Loopback, 587), "submission");

    internal static string Refused(SaslResult result, int code, string status)
    {
        var reply = Assert.IsType<SaslResult.Refused>(result).Reply;
        Assert.Equal((code, status), (reply.Code, reply.Status?.ToString()));
        return reply.ToString();
    }
}
