using System.Net;
using System.Runtime.Serialization;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Engine.Tests.Fakes;
using Akka.Actor;
using Akka.Configuration;

namespace Actors.Mta.Engine.Tests.Persistence;

/// <summary>Nodes of a cluster neither write nor read JSON that names types.</summary>
public sealed class RefusedSerializerSpec : IAsyncLifetime
{
    private const int Json = 1;

    private ActorSystem _system = null!;

    public Task InitializeAsync()
    {
        var settings = World.Settings() with { Cluster = new ClusterSettings { Enabled = true, Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Seeds = ["127.0.0.1:1"] } };
        _system = ActorSystem.Create("mta", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }").WithFallback(ClusterConfig.Build(settings)));
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void What_has_no_serializer_is_not_written()
    {
        var e = Assert.Throws<SerializationException>(() => _system.Serialization.Serialize(new Unforeseen("x")));
        Assert.Contains(nameof(Unforeseen), e.Message);
    }

    [Fact]
    public void Json_from_elsewhere_is_not_read() =>
        Assert.Contains("refused", Assert.Throws<SerializationException>(() => _system.Serialization.Deserialize("{}"u8.ToArray(), Json, typeof(Unforeseen))).Message);

    [Fact]
    public void What_akka_has_serializers_for_goes_on() =>
        Assert.Equal("text", _system.Serialization.Deserialize(_system.Serialization.Serialize("text"), _system.Serialization.FindSerializerFor("text").Identifier, typeof(string)));

    private sealed record Unforeseen(string Text);
}
