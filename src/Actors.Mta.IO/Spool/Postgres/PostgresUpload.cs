using Actors.Mta.Core.Mail;
using Npgsql;

namespace Actors.Mta.IO.Spool.Postgres;

/// <summary>
/// A large body under way: gathered in a file of this node, so that a slow client holds no connection to the database, and stored
/// in one transaction when it is whole.
/// </summary>
internal sealed class PostgresUpload : ISpoolUpload
{
    private readonly MessageId _id;
    private readonly BodyTable _table;
    private readonly SemaphoreSlim _places;
    private readonly FileStream _file;
    private bool _committed;

    public PostgresUpload(MessageId id, string path, BodyTable table, SemaphoreSlim places)
    {
        (_id, _table, _places) = (id, table, places);
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        });
    }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel = default) =>
        await _file.WriteAsync(octets, cancel).ConfigureAwait(false);

    public async ValueTask CommitAsync(CancellationToken cancel = default)
    {
        if (_committed) throw new InvalidOperationException($"The body of {_id} is complete.");
        _file.Position = 0;
        await _places.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await _table.StoreLargeAsync(_id, _file, default).ConfigureAwait(false);
            _committed = true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new InvalidOperationException($"There is a body of {_id} in the spool.", e);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw PostgresSpool.Failed("did not store a body", e);
        }
        finally
        {
            _places.Release();
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
