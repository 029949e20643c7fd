using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Configured routes come before DNS.</summary>
public sealed class StaticRoute(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("routed.test", "routed.test")]
    [InlineData(".below.test", "a.below.test")]
    [InlineData("*", "whatever.test")]
    public async Task A_routed_domain_goes_to_its_host_and_port_without_DNS(string key, string domain)
    {
        await using var bed = new TestBed(output);
        var smartHost = bed.Keep(new ScriptedReceiver(System.Net.IPAddress.Loopback, Ports.Free()));
        bed.Settings[$"mta.domains.\"{key}\".route"] = NodeSettings.Text($"[127.0.0.1]:{smartHost.Endpoint.Port}");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", $"bob@{domain}", Samples.Message());

        Assert.Equal([$"bob@{domain}"], (await smartHost.ReceivesOneAsync()).Addresses);
    }

    [SkippableFact]
    public async Task A_route_to_a_name_uses_the_MX_of_that_name()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("hub.test");
        bed.Settings["mta.domains.\"routed.test\".route"] = NodeSettings.Text($"hub.test:{bed.DeliveryPort}");
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", "bob@routed.test", Samples.Message());

        await inbox.ReceivesOneAsync();
    }

    [SkippableFact]
    public async Task A_recipient_at_an_address_literal_goes_to_that_address()
    {
        await using var bed = new TestBed(output);
        bed.Exchanger(out var inbox);
        await bed.StartAsync();

        await bed.SendAsync("alice@sender.test", $"bob@[{inbox.Endpoint.Address}]", Samples.Message());

        await inbox.ReceivesOneAsync();
    }
}
