using System.Net;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Postfix relays everything into the node, as an existing server would that is put in front of it.</summary>
public sealed class PostfixInFront(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Everything_that_Postfix_relays_arrives_once()
    {
        var source = Programs.Require("smtp-source");
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var postfix = bed.Keep(new PostfixInstance(bed.Directory, new IPEndPoint(IPAddress.Loopback, Ports.Free()),
            $"relayhost = [127.0.0.1]:{bed.Settings.Relay.Port}"));
        await bed.StartAsync();
        await postfix.StartAsync();

        (await Programs.RunAsync(source,
            ["-N", "-s", "5", "-m", "200", "-l", "4096", "-f", "alice@sender.test", "-t", "bob@example.test", postfix.Endpoint.ToString()]))
            .Succeeded();

        await inbox.ReceivesAsync(200);
        await bed.Node.DrainsAsync();
        Assert.Equal(200, inbox.Messages.SelectMany(message => message.Addresses).Distinct().Count());
        Assert.Equal(200, inbox.Messages.Count);
        Assert.All(inbox.Messages, message => Assert.Contains("from postfix.test", message.Trace, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Octets_that_Postfix_takes_by_8BITMIME_come_through_unchanged()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        var postfix = bed.Keep(new PostfixInstance(bed.Directory, new IPEndPoint(IPAddress.Loopback, Ports.Free()),
            $"relayhost = [127.0.0.1]:{bed.Settings.Relay.Port}"));
        await bed.StartAsync();
        await postfix.StartAsync();

        await using var client = await SmtpClientScript.HelloAsync(postfix.Endpoint);
        await client.BeginDataAsync("alice@sender.test", ["bob@example.test"], " BODY=8BITMIME");
        Assert.Equal(250, (await client.EndDataAsync(Samples.Message("grüße"))).Code);

        var message = await inbox.ReceivesOneAsync();
        Assert.True(message.Raw.AsSpan().EndsWith(Samples.Message("grüße")));
    }
}
