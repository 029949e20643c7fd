using Actors.Mta.Core.Mail;
using Npgsql;

namespace Actors.Mta.IO.Spool.Postgres;

/// <summary>A large body that is read part by part; the last part read is kept. One reader at a time.</summary>
internal sealed class PostgresBody(MessageId id, long size, BodyTable table) : ISpoolBody
{
    private int _part = -1;
    private byte[] _octets = [];

    public long Length => size;

    public bool TryGetMemory(out ReadOnlyMemory<byte> content)
    {
        content = default;
        return false;
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= size || buffer.IsEmpty) return 0;
        var (part, within) = ((int)(offset / BodyTable.PartSize), (int)(offset % BodyTable.PartSize));
        if (part != _part) await LoadAsync(part, cancel).ConfigureAwait(false);
        var count = Math.Min(buffer.Length, _octets.Length - within);
        if (count <= 0) throw new IOException($"The body of {id} ends {size - offset} octets early in the spool.");
        _octets.AsMemory(within, count).CopyTo(buffer);
        return count;
    }

    public void Dispose() => _octets = [];

    private async Task LoadAsync(int part, CancellationToken cancel)
    {
        try
        {
            _octets = await table.FindPartAsync(id, part, cancel).ConfigureAwait(false)
                ?? throw new FileNotFoundException($"There is no body of {id} in the spool.");
            _part = part;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw PostgresSpool.Failed("did not read a body", e);
        }
    }
}
