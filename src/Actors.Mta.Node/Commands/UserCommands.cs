using System.CommandLine;
using Actors.Mta.Core.Users;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.IO.Users;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>`mta user add|remove|password|list`: the users file, whether a node runs or not. A running node sees changes within seconds.</summary>
internal static class UserCommands
{
    public static Command Create() => new("user", "Who may log in: add, remove, list, new passwords")
    {
        Add(), Remove(), Password(), List(),
    };

    private static Command Add()
    {
        var name = Name();
        var senders = new Option<string?>("--senders") { Description = "Addresses, @domain or *, with commas; else the name, if it is an address", HelpName = "LIST" };
        var cram = new Option<bool>("--cram") { Description = "Keep the password itself, too, for clients that know CRAM-MD5 only" };
        var messages = new Option<string?>("--messages") { Description = "Messages in a period, such as 100/h", HelpName = "RATE" };
        var recipients = new Option<string?>("--recipients") { Description = "Recipients in a period, such as 1000/day", HelpName = "RATE" };
        var tenant = new Option<string?>("--tenant") { Description = "For whom this user's mail is sent: a name by which operators find it", HelpName = "NAME" };
        var stdin = StandardInput();
        return OnFile(new Command("add", "Add a user") { name, senders, cram, messages, recipients, tenant, stdin }, (arguments, file) =>
        {
            var account = new UserAccount(arguments.GetRequiredValue(name));
            if (UserName.Explain(account.Name) is { } wrong) return Fail(ExitCode.Usage, $"the name {wrong}");
            (string, string?)[] fields =
            [
                (UserFields.Senders, arguments.GetValue(senders)), (UserFields.Messages, arguments.GetValue(messages)),
                (UserFields.Recipients, arguments.GetValue(recipients)), (UserFields.Tenant, arguments.GetValue(tenant)),
            ];
            foreach (var (field, value) in fields)
            {
                if (value is null) continue;
                account = account.With(field, value, out var problem);
                if (problem is not null) return Fail(ExitCode.Usage, $"--{field} {problem}");
            }
            if (file.Exists && UsersText.Parse(file.Read()).Find(account.Name) is not null)
                return Fail(ExitCode.Failure, $"{account.Name} is there already; mta user password changes the password");
            if (PasswordPrompt.Read(arguments.GetValue(stdin)) is not { } password) return ExitCode.Failure;
            account = WithPassword(account, password, arguments.GetValue(cram));
            return Change(file, users => users.Find(account.Name) is not null ? null : users.With(account), $"{account.Name} is there already",
                $"{account.Name} added to {file.Path}");
        });
    }

    private static Command Remove()
    {
        var name = Name();
        return OnFile(new Command("remove", "Remove a user") { name }, (arguments, file) =>
        {
            var user = arguments.GetRequiredValue(name);
            return Change(file, users => users.Find(user) is null ? null : users.Without(user), $"there is no user {user} in {file.Path}",
                $"{user} removed from {file.Path}");
        });
    }

    private static Command Password()
    {
        var name = Name();
        var stdin = StandardInput();
        return OnFile(new Command("password", "Change a user's password") { name, stdin }, (arguments, file) =>
        {
            var user = arguments.GetRequiredValue(name);
            if (!file.Exists || UsersText.Parse(file.Read()).Find(user) is null) return Fail(ExitCode.Failure, $"there is no user {user} in {file.Path}");
            if (PasswordPrompt.Read(arguments.GetValue(stdin)) is not { } password) return ExitCode.Failure;
            return Change(
                file,
                users => users.Find(user) is { } account ? users.With(WithPassword(account, password, account.CramSecret is not null)) : null,
                $"there is no user {user} in {file.Path}", $"password of {user} changed");
        });
    }

    private static Command List()
    {
        var json = new Option<bool>("--json") { Description = "As JSON, for programs" };
        return OnFile(new Command("list", "List users and their rights; never passwords") { json }, (arguments, file) =>
        {
            if (!file.Exists) return Fail(ExitCode.Failure, $"{file.Path} does not exist");
            var users = UsersText.Parse(file.Read());
            if (Mistakes(file, users) is { } code) return code;
            if (arguments.GetValue(json)) UserTable.WriteJson(users.InOrder);
            else UserTable.Write(users.InOrder);
            return ExitCode.Success;
        });
    }

    private static UserAccount WithPassword(UserAccount account, string password, bool cram) => account with
    {
        PasswordHash = PasswordHashing.Hash(password),
        ScramVerifier = PasswordHashing.Scram(password),
        CramSecret = cram ? password : null,
    };

    /// <param name="change">Null when it cannot be made, for the reason given.</param>
    private static int Change(UsersFile file, Func<UsersText, UsersText?> change, string reason, string done)
    {
        var code = ExitCode.Success;
        file.Change(text =>
        {
            var users = UsersText.Parse(text);
            if (Mistakes(file, users) is { } mistakes)
            {
                code = mistakes;
                return null;
            }
            var changed = change(users);
            if (changed is null) code = Fail(ExitCode.Failure, reason);
            return changed?.ToString();
        });
        if (code == ExitCode.Success) Terminal.Out.WriteLine(done);
        return code;
    }

    private static int? Mistakes(UsersFile file, UsersText users)
    {
        foreach (var problem in users.Problems) Terminal.Failure($"{file.Path}:{problem.Line}: {problem.Message}");
        return users.Problems.IsEmpty ? null : ExitCode.Configuration;
    }

    private static Command OnFile(Command command, Func<ParseResult, UsersFile, int> act)
    {
        var path = new Option<string?>("--file") { Description = "The users file; else mta.auth.file of the configuration", HelpName = "FILE" };
        command.Options.Add(path);
        var options = new ConfigOptions(command);
        command.SetAction(arguments =>
        {
            var file = arguments.GetValue(path);
            if (file is null)
            {
                if (!options.TryLoad(arguments, out var configuration)) return ExitCode.Configuration;
                file = configuration.Settings!.Auth.File;
            }
            try
            {
                return act(arguments, new UsersFile(file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Fail(ExitCode.Failure, e.Message);
            }
        });
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "What the user logs in with, mostly an address" };

    private static Option<bool> StandardInput() => new("--password-stdin") { Description = "Read the password from a line of standard input" };

    private static int Fail(int code, string message)
    {
        Terminal.Failure(message);
        return code;
    }
}
