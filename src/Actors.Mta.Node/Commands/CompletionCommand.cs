using System.CommandLine;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta completion SHELL`: what a shell needs in order to complete the words of a command line; it asks the program itself.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _mta() {
            local word=${COMP_WORDS[COMP_CWORD]}
            mapfile -t COMPREPLY < <(compgen -W "$(mta "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word")
        }
        complete -o default -F _mta mta
        """;

    private const string Zsh = """
        #compdef mta
        _mta() {
            local -a words_of_mta
            words_of_mta=(${(f)"$(mta "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)"})
            compadd -a words_of_mta || _files
        }
        compdef _mta mta
        """;

    private const string Fish = """
        complete --command mta --arguments '(mta "[suggest:"(commandline --cursor)"]" (commandline) 2>/dev/null)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print what lets a shell complete commands: source <(mta completion bash)") { shell };
        command.SetAction(arguments =>
        {
            Console.Out.WriteLine(arguments.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Success;
        });
        return command;
    }
}
