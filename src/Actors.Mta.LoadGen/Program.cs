using Actors.Mta.LoadGen.Commands;

// Continuations of sockets run where their events are met, as in a program with one event loop: a witness on a small machine has
// no processor to spend on handing work from thread to thread. The runtime reads this when the first socket is made.
if (Environment.GetEnvironmentVariable(LoadCommand.InlineCompletions) is null) Environment.SetEnvironmentVariable(LoadCommand.InlineCompletions, "1");

return await LoadCommand.RunAsync(args);
