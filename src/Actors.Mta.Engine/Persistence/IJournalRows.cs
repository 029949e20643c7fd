using Akka.Actor.Setup;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Where the journal's rows go: a table of the form that Akka.Persistence.Sql reads.</summary>
internal interface IJournalRows : IDisposable
{
    /// <summary>Transactions that pay side by side.</summary>
    int Side { get; }

    /// <summary>Inserts them in one transaction: when it has ended they are synced, all of them, or none is there.</summary>
    /// <exception cref="System.Data.Common.DbException">They are not there, or (when the connection broke) perhaps they are.</exception>
    Task InsertAsync(IReadOnlyList<JournalRow> rows);

    /// <summary>A partition's sequence number was there already: another owner has written under it.</summary>
    bool IsConflict(Exception failure);
}

/// <summary>One row.</summary>
/// <param name="Created">UTC, in ticks of 100 ns since the year 1.</param>
/// <param name="Identifier">Of the serializer.</param>
/// <param name="Writer">One mark for each incarnation of a persistent actor.</param>
internal readonly record struct JournalRow(string PersistenceId, long SequenceNumber, long Created, string Manifest, int Identifier, byte[] Message, string Writer);

/// <summary>Tells the journal of an actor system where its rows go.</summary>
internal sealed class JournalRowsSetup(IJournalRows rows) : Setup
{
    public IJournalRows Rows => rows;
}
