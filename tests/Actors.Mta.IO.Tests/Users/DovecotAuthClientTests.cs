using System.Net;
using System.Net.Sockets;
using System.Text;
using Actors.Mta.IO.Users;

namespace Actors.Mta.IO.Tests.Users;

/// <summary>Against a service that says what it is told, line by line.</summary>
public sealed class DovecotAuthClientTests : IAsyncDisposable
{
    private const string Handshake = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tlogin\nSPID\t7\nCUID\t1\nCOOKIE\tabc\nDONE\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DovecotClient Client = new(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4321), new IPEndPoint(IPAddress.Loopback, 587), true);

    private readonly TcpListener _service = new(IPAddress.Loopback, 0);
    private readonly DovecotAuthClient _client;

    public DovecotAuthClientTests()
    {
        _service.Start();
        _client = new DovecotAuthClient(new DovecotOptions(_service.LocalEndpoint, Patience));
    }

    public async ValueTask DisposeAsync()
    {
        _service.Stop();
        await _client.DisposeAsync();
    }

    [Fact]
    public async Task Hands_exchanges_through_over_one_connection()
    {
        var mechanisms = _client.MechanismsAsync(default);
        using var service = await AcceptAsync();
        Assert.Equal(["PLAIN", "LOGIN"], (await mechanisms).AsEnumerable());
        using var one = await _client.BeginAsync(default);
        using var two = await _client.BeginAsync(default);

        var first = one.StartAsync("PLAIN", Client, "\0a\0b"u8.ToArray(), default);
        Assert.Equal("AUTH\t1\tPLAIN\tservice=smtp\trip=192.0.2.1\trport=4321\tlip=127.0.0.1\tlport=587\tsecured\tresp=AGEAYg==", await service.ReadAsync());
        var second = two.StartAsync("LOGIN", Client with { Secured = false }, null, default);
        Assert.Equal("AUTH\t2\tLOGIN\tservice=smtp\trip=192.0.2.1\trport=4321\tlip=127.0.0.1\tlport=587", await service.ReadAsync());
        await service.WriteAsync("CONT\t2\tVXNlcm5hbWU6\nOK\t1\tuser=a\tsenders=a@x.test\tnologin\n");
        var ok = Assert.IsType<DovecotAnswer.Ok>(await first);
        Assert.Equal(("a", "a@x.test"), (ok.User, ok.Fields["senders"]));
        Assert.Equal("Username:", Encoding.ASCII.GetString(Assert.IsType<DovecotAnswer.Continue>(await second).Challenge.Span));

        second = two.ContinueAsync("john"u8.ToArray(), default);
        Assert.Equal("CONT\t2\tam9obg==", await service.ReadAsync());
        await service.WriteAsync("FAIL\t2\tuser=john\treason=not\u0001ttoday\n");
        var fail = Assert.IsType<DovecotAnswer.Fail>(await second);
        Assert.Equal(("john", false, "not\ttoday"), (fail.User, fail.Temporary, fail.Reason));
    }

    [Theory]
    [InlineData("temp")]
    [InlineData("code=temp_fail")]
    public async Task A_temporary_failure_is_told_from_a_wrong_password(string word)
    {
        var begun = _client.BeginAsync(default);
        using var service = await AcceptAsync();
        using var exchange = await begun;
        var answer = exchange.StartAsync("PLAIN", Client, null, default);
        await service.ReadAsync();
        await service.WriteAsync($"FAIL\t1\t{word}\n");
        Assert.True(Assert.IsType<DovecotAnswer.Fail>(await answer).Temporary);
    }

    [Fact]
    public async Task A_lost_connection_fails_what_is_under_way_and_is_made_anew()
    {
        var begun = _client.BeginAsync(default);
        var service = await AcceptAsync();
        using var exchange = await begun;
        var answer = exchange.StartAsync("PLAIN", Client, null, default);
        await service.ReadAsync();
        service.Dispose();
        await Assert.ThrowsAsync<IOException>(() => answer.WaitAsync(Patience));

        begun = _client.BeginAsync(default);
        using var again = await AcceptAsync();
        using var next = await begun;
        answer = next.StartAsync("PLAIN", Client, null, default);
        await again.ReadAsync();
        await again.WriteAsync("OK\t1\tuser=a\n");
        Assert.IsType<DovecotAnswer.Ok>(await answer.WaitAsync(Patience));
    }

    [Fact]
    public async Task An_exchange_that_is_given_up_is_cancelled()
    {
        var begun = _client.BeginAsync(default);
        using var service = await AcceptAsync();
        var exchange = await begun;
        var answer = exchange.StartAsync("LOGIN", Client, null, default);
        await service.ReadAsync();
        await service.WriteAsync("CONT\t1\t\n");
        await answer;
        exchange.Dispose();
        Assert.Equal("CANCEL\t1", await service.ReadAsync());
    }

    [Fact]
    public async Task Another_version_or_nobody_there_is_an_io_failure()
    {
        var begun = _client.BeginAsync(default);
        using var service = await AcceptAsync("VERSION\t2\t0\n");
        await Assert.ThrowsAsync<IOException>(() => begun.WaitAsync(Patience));
        _service.Stop();
        await Assert.ThrowsAsync<IOException>(() => _client.BeginAsync(default).WaitAsync(Patience));
    }

    private async Task<Service> AcceptAsync(string handshake = Handshake)
    {
        var service = new Service(await _service.AcceptTcpClientAsync().WaitAsync(Patience));
        Assert.Equal("VERSION\t1\t1", await service.ReadAsync());
        Assert.StartsWith("CPID\t", await service.ReadAsync(), StringComparison.Ordinal);
        await service.WriteAsync(handshake);
        return service;
    }

    private sealed class Service(TcpClient client) : IDisposable
    {
        private readonly StreamReader _reader = new(client.GetStream());

        public async Task<string?> ReadAsync() => await _reader.ReadLineAsync().WaitAsync(Patience);

        public async Task WriteAsync(string text) => await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));

        public void Dispose() => client.Dispose();
    }
}
