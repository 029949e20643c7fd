using System.CommandLine;
using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta token NAME`: makes a token for the admin interface, and the line for mta.admin.tokens-file.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Whose it is, for the log" };
        var may = new Option<string>("--may") { Description = "inject: hand messages over; read: see everything; act: do everything", HelpName = "RIGHT", Required = true };
        may.AcceptOnlyFromAmong("inject", "read", "act");
        var command = new Command("token", "Make a token for the admin interface") { name, may };
        command.SetAction(arguments =>
        {
            var called = arguments.GetRequiredValue(name);
            if (!AdminToken.IsName(called))
            {
                Terminal.Failure($"a name has up to 64 letters, digits, dots, hyphens and underlines, unlike \"{called}\"");
                return ExitCode.Usage;
            }
            var right = arguments.GetRequiredValue(may) switch
            {
                "inject" => AdminRight.Inject,
                "read" => AdminRight.Read,
                _ => AdminRight.Act,
            };
            var (token, line) = AdminToken.Make(called, right);
            Console.Out.WriteLine($"Token, shown this once:\n  {token}\nLine for mta.admin.tokens-file, read when the node starts:\n  {line}");
            return ExitCode.Success;
        });
        return command;
    }
}
