using System.Globalization;
using Actors.Mta.LoadGen.Measuring;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>
/// Watches inside the database who writes the journal of each partition, so that two owners at a time cannot hide: what an owner writes
/// carries its mark, another one each time that it becomes the owner, and the numbers of two owners must not overlap.
/// </summary>
internal static class JournalWitness
{
    private const string Install = """
        CREATE TABLE lab_writer (persistence_id text, writer text, first bigint, last bigint, PRIMARY KEY (persistence_id, writer));
        CREATE FUNCTION lab_witness() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.persistence_id NOT LIKE 'delivery-%' THEN RETURN NULL; END IF;
          INSERT INTO lab_writer VALUES (NEW.persistence_id, NEW.writer_uuid, NEW.sequence_number, NEW.sequence_number)
          ON CONFLICT (persistence_id, writer) DO UPDATE SET last = greatest(lab_writer.last, EXCLUDED.last), first = least(lab_writer.first, EXCLUDED.first);
          RETURN NULL;
        END $$;
        CREATE TRIGGER lab_witness AFTER INSERT ON journal FOR EACH ROW EXECUTE FUNCTION lab_witness();
        """;

    private const string Count = """
        SELECT (SELECT count(*) FROM lab_writer),
          (SELECT count(*) FROM lab_writer a JOIN lab_writer b ON a.persistence_id = b.persistence_id AND a.writer < b.writer AND a.first <= b.last AND b.first <= a.last)
        """;

    /// <summary>The nodes have made the journal.</summary>
    public static Task InstallAsync(PostgresServer database, CancellationToken cancel) => database.QueryAsync(Install, cancel);

    public static async Task<OwnersRecord> CountAsync(PostgresServer database, CancellationToken cancel)
    {
        var row = (await database.QueryAsync(Count, cancel)).Single().Split('|');
        return new OwnersRecord(long.Parse(row[0], CultureInfo.InvariantCulture), long.Parse(row[1], CultureInfo.InvariantCulture));
    }
}
