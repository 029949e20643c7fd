using System.CommandLine;
using Actors.Mta.Node.Hosting;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta run`: starts a node and stays until it is stopped.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Start a node; Ctrl-C or SIGTERM drains and stops it, a second one aborts");
        var options = new ConfigOptions(command);
        command.SetAction(async (arguments, _) => options.TryLoad(arguments, out var configuration)
            ? await NodeRunner.RunAsync(configuration, options.Describe(arguments))
            : ExitCode.Configuration);
        return command;
    }
}
