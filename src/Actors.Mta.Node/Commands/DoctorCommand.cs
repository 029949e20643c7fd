using System.CommandLine;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.IO.Tls;
using Actors.Mta.Node.Admin;
using Actors.Mta.Node.Doctor;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta doctor`: looks at this machine and at how others see it, with the configuration, whether a node runs or not.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "As JSON, for programs" };
        var command = new Command("doctor", "Look at disk, ports, limits, clock, DNS and certificates, and say what to do") { json };
        var options = new ConfigOptions(command);
        command.SetAction(async (arguments, cancel) =>
        {
            if (!options.TryLoad(arguments, out var configuration)) return ExitCode.Configuration;
            var settings = configuration.Settings!;
            List<Finding> findings =
            [
                .. FilesCheck.Run(settings).Select(p => new Finding("configuration", p.Fatal ? Health.Bad : Health.Poor, p.Text, "mta config check")),
                .. HostChecks.Run(settings, await RunsAsync(settings, cancel)), .. await NetChecks.RunAsync(settings, cancel),
            ];
            if (arguments.GetValue(json)) AdminCommand.Write([.. findings], AdminJson.Plain.FindingArray);
            else foreach (var finding in findings) Write(finding);
            return findings.Exists(f => f.Health == Health.Bad) ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    private static async Task<bool> RunsAsync(Engine.Settings.MtaSettings settings, CancellationToken cancel)
    {
        try
        {
            using var client = AdminClient.Of(settings.Admin);
            return await client.IsAliveAsync(cancel);
        }
        catch (CertificateException)
        {
            // The check of certificates says so.
            return false;
        }
    }

    private static void Write(Finding finding)
    {
        var word = finding.Health switch { Health.Good => "[green]good[/]", Health.Poor => "[yellow]poor[/]", _ => "[red]bad [/]" };
        Terminal.Out.MarkupLine($"{word}  [bold]{Terminal.Safe(finding.Subject)}[/]: {Terminal.Safe(finding.Fact)}");
        if (finding.Advice is not null) Terminal.Out.MarkupLine($"      {Terminal.Safe(finding.Advice)}");
    }
}
