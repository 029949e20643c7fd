using Actors.Mta.Node.Commands;

return await MtaCommand.RunAsync(args);
