using System.Buffers;
using System.Runtime.CompilerServices;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// One message between the wire and the spool: the trace header, then what the scanner lets through. Kept in a pooled
/// buffer while it is small, poured into a spool upload when it is larger than the limit for memory. A failing disk does
/// not stop the reading: the rest is read and dropped, and the end tells the refusal.
/// </summary>
internal sealed class IncomingBody
{
    private const int FirstBuffer = 8 * 1024;
    private const int UploadPiece = 128 * 1024;

    private readonly ISpool _spool;
    private readonly int _largeBody;
    private readonly PooledBuffer _buffer = new(FirstBuffer);
    private ISpoolUpload? _upload;
    private SmtpReply? _failure;
    private long _poured;

    /// <exception cref="InvalidOperationException">The intake was used before: its first octets are gone.</exception>
    public IncomingBody(BodyIntake intake, ISpool spool, int largeBody)
    {
        if (intake.Scanner.Size != 0)
            throw new InvalidOperationException($"The intake of {intake.Id} was abandoned; it cannot be filled again.");
        (Intake, _spool, _largeBody) = (intake, spool, largeBody);
        _buffer.Write(intake.Trace.Span);
    }

    public BodyIntake Intake { get; }

    /// <summary>True when enough is buffered that <see cref="PourAsync"/> is due before more is read.</summary>
    public bool MustPour => _buffer.Length > (_upload is null ? _largeBody : UploadPiece);

    /// <summary>The message will not be kept, whatever follows.</summary>
    private SmtpReply? Refusal => Intake.Scanner.Refusal ?? _failure;

    /// <summary>See <see cref="BodyScanner.ReadData"/>.</summary>
    public bool ReadData(in ReadOnlySequence<byte> input, out SequencePosition consumed)
    {
        var ended = Intake.Scanner.ReadData(input, _buffer, out consumed);
        if (Refusal is not null) _buffer.Clear();
        return ended;
    }

    /// <summary>Octets of a BDAT chunk.</summary>
    public void ReadChunk(in ReadOnlySequence<byte> octets)
    {
        foreach (var segment in octets) Intake.Scanner.ReadChunk(segment.Span, _buffer);
        if (Refusal is not null) _buffer.Clear();
    }

    /// <summary>Moves what is buffered to the upload, which is begun when there is none yet.</summary>
    public async ValueTask PourAsync()
    {
        try
        {
            if (_upload is null)
            {
                _upload = await _spool.BeginAsync(Intake.Id).ConfigureAwait(false);
                await AppendAsync().ConfigureAwait(false);
                _buffer.Dispose();
            }
            else
            {
                await AppendAsync().ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            _failure = StorageRefusal.For(e);
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>After the last chunk, before it is stored: see <see cref="BodyScanner.EndChunks"/>.</summary>
    public void EndChunks() => Intake.Scanner.EndChunks(_buffer);

    /// <summary>After a chunk that is not the last.</summary>
    public BodyReceived Partial(long octets) =>
        Refusal is { } reply ? new BodyReceived.Refused(reply) : new BodyReceived.Partial(octets);

    /// <summary>The end was read: stores the message, or says why not. Nothing is held afterwards.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<BodyReceived> StoreAsync()
    {
        try
        {
            if (Refusal is { } reply) return new BodyReceived.Refused(reply);
            var size = _poured + _buffer.Length;
            if (_upload is null)
            {
                await _spool.StoreAsync(Intake.Id, _buffer.Written).ConfigureAwait(false);
                return new BodyReceived.Stored(size);
            }
            await AppendAsync().ConfigureAwait(false);
            await _upload.CommitAsync().ConfigureAwait(false);
            return new BodyReceived.Stored(size);
        }
        catch (IOException e)
        {
            return new BodyReceived.Refused(StorageRefusal.For(e));
        }
        finally
        {
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Gives up memory and upload. What was not committed is gone.</summary>
    public ValueTask ReleaseAsync()
    {
        _buffer.Dispose();
        var upload = _upload;
        _upload = null;
        return upload?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private async ValueTask AppendAsync()
    {
        if (_buffer.Length == 0) return;
        await _upload!.AppendAsync(_buffer.Written).ConfigureAwait(false);
        _poured += _buffer.Length;
        _buffer.Clear();
    }
}
