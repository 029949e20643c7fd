using System.CommandLine;
using System.Globalization;
using System.Net;
using Actors.Mta.LoadGen.Dns;
using Actors.Mta.LoadGen.Lab;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>mta-load dns: an authoritative server for .test.</summary>
internal static class DnsCommand
{
    private const int DefaultPort = 5354;

    private static readonly Option<string?> Listen = new("--listen") { Description = "Address and port, UDP and TCP (default: of --config, or 127.0.0.1:5354)", HelpName = "ADDRESS:PORT" };
    private static readonly Option<string[]> Mx = new("--mx") { Description = "Exchangers of a pattern of domains, the most preferred first; may be repeated", HelpName = "*.test=127.0.0.1" };
    private static readonly Option<string?> Config = new("--config", "-c") { Description = "A scenario: its load.dns, and the hosts of its load.sink", HelpName = "NAME|FILE" };

    public static Command Create()
    {
        var command = new Command("dns", "Answer for as many .test domains as wanted, well or badly; ends at Ctrl-C") { Listen, Mx, Config };
        command.SetAction((arguments, cancel) => LoadCommand.GuardAsync(() => RunAsync(arguments, cancel)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancel)
    {
        var options = arguments.GetValue(Config) is { } file ? ScenarioReader.World(file, []).Dns : new DnsOptions { Listen = new IPEndPoint(IPAddress.Loopback, DefaultPort) };
        if (arguments.GetValue(Listen) is { } text)
            options = options with { Listen = IPEndPoint.TryParse(text, out var listen) ? listen : throw new FormatException($"--listen takes an address with port, not \"{text}\"") };
        var rules = (arguments.GetValue(Mx) ?? []).Select(Rule).ToArray();
        if (rules.Length == 0 && options.Rules.IsEmpty) rules = [Rule("*.test=127.0.0.1")];
        await using var dns = LoadDns.Start(options with { Rules = [.. rules, .. options.Rules] });
        await Console.Error.WriteLineAsync($"answering on {dns.Endpoint}, UDP and TCP");
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
        Summary.Line($"{dns.Queries:N0} queries");
        foreach (var failure in dns.Failures.Counts) Summary.Line($"  {failure.Count:N0} × {failure.Word}");
        return ExitCode.Success;
    }

    private static DnsRule Rule(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var hosts = equals < 0 ? [] : text[(equals + 1)..].Split(',', StringSplitOptions.TrimEntries);
        if (equals <= 0 || hosts.Length == 0) throw new FormatException($"--mx takes a pattern and addresses such as *.test=127.0.0.1, not \"{text}\"");
        return new DnsRule([text[..equals]], DnsBehaviour.Mx, [.. hosts.Select(h => IPAddress.TryParse(h, out var address)
            ? address : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"--mx: \"{h}\" is no address")))]);
    }
}
