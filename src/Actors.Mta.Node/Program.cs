using Actors.Mta.Node.Commands;

return SendmailCommand.Takes(args, out var arguments) ? await SendmailCommand.RunAsync(arguments) : await MtaCommand.RunAsync(args);
