using Actors.Mta.Node.Commands;

// Ended here: threads of the cluster's transport would keep a node that has stopped for a quarter of a minute.
Environment.Exit(SendmailCommand.Takes(args, out var arguments) ? await SendmailCommand.RunAsync(arguments) : await MtaCommand.RunAsync(args));
