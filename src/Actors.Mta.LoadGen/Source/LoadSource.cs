using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Source;

/// <summary>
/// A source of mail: so many sessions that send what the options say. Ends when all is sent, the time is over, or it is
/// cancelled. What the server refused or did not answer is in the ledger; it is never an exception.
/// </summary>
public sealed class LoadSource(SourceOptions options, SourceLedger ledger, CopyNumbers numbers)
{
    public SourceOptions Options { get; } = options.Messages is null && options.Duration is null
        ? throw new ArgumentException("A run is bounded by messages or by time.", nameof(options)) : options;

    public SourceLedger Ledger { get; } = ledger;

    public async Task RunAsync(CancellationToken cancel)
    {
        var schedule = new SourceSchedule(Options);
        var factory = new MessageFactory(Options.Run, Options.Content);
        await Task.WhenAll(Enumerable.Range(0, Options.Sessions).Select(index =>
            Task.Run(() => new SourceSession(Options, schedule, numbers, Ledger, factory, index).RunAsync(cancel), CancellationToken.None)));
    }
}
