using System.Net.Sockets;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>A node that cannot work as told does not start, and says why in words for the operator.</summary>
public sealed class StartRefused(ITestOutputHelper output)
{
    private const int WrongConfiguration = 78;

    [SkippableFact]
    public async Task An_unknown_key_is_refused_with_the_nearest_name_file_and_line()
    {
        await using var bed = new TestBed(output);
        await bed.StartAsync();
        var file = Path.Combine(bed.Directory, "wrong.conf");
        await File.WriteAllTextAsync(file, "mta {\n  retry {\n    expire-afterr = 2d\n  }\n}\n");

        var result = await NodeProcess.ProgramAsync("run", "--config", file);

        Assert.Equal(WrongConfiguration, result.ExitCode);
        Assert.Contains("mta.retry.expire-after", result.Error, StringComparison.Ordinal);
        Assert.Contains("wrong.conf:3", result.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("mta.auth { provider = file, file = \"missing\" }")]
    [InlineData("mta.recipients.domains = [\"missing\"]")]
    [InlineData("mta.tls.certificates.main { certificate = \"/nowhere/missing\" }")]
    public async Task A_mistake_in_a_file_that_the_configuration_names_is_one_of_configuration(string setting)
    {
        await using var bed = new TestBed(output);
        var file = Path.Combine(bed.Directory, "wrong.conf");
        await File.WriteAllTextAsync(file, $"{bed.Settings}\n{setting}\n");

        var result = await NodeProcess.ProgramAsync("run", "--config", file);

        Assert.Equal(WrongConfiguration, result.ExitCode);
        Assert.Contains("missing", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("(mta.data)", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_port_in_use_is_named()
    {
        await using var bed = new TestBed(output);
        using var other = new TcpListener(bed.Settings.Relay);
        other.Start();

        var result = await RunAsync(bed, bed.Settings);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"{bed.Settings.Relay.Port}", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_data_directory_that_another_node_uses_is_left_alone()
    {
        await using var bed = new TestBed(output);
        var inbox = bed.Receiver("example.test");
        await bed.StartAsync();

        var result = await RunAsync(bed, new NodeSettings(bed.Data, bed.Dns.Port, bed.DeliveryPort));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(bed.Data, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        await bed.SendAsync("alice@sender.test", "bob@example.test", Samples.Message());
        await inbox.ReceivesOneAsync();
    }

    private static async Task<ProgramResult> RunAsync(TestBed bed, NodeSettings settings)
    {
        var file = Path.Combine(bed.Directory, "second.conf");
        await File.WriteAllTextAsync(file, settings.ToString());
        return await NodeProcess.ProgramAsync("run", "--config", file);
    }
}
