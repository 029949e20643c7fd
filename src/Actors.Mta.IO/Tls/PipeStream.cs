using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// A transport's pipes as the stream that SslStream wants. A read of no octets waits for input without a buffer. A write puts
/// all its octets into the pipe whatever happens: a TLS record that was lost half-way would break the connection, so writes
/// are not cancelled by their token but by CancelPendingFlush on the pipe, which ends the wait and keeps the octets. Since one
/// flush above may be several records, and so several writes here, none of those behind the cancelled one waits either.
/// </summary>
internal sealed class PipeStream(IDuplexPipe pipe) : Stream
{
    private readonly PipeReader _input = pipe.Input;
    private readonly PipeWriter _output = pipe.Output;

    private bool _cut;

    /// <summary>Called before each write while it is set.</summary>
    public Action? Writing { get; set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes wait again while the pipe is full.</summary>
    public void BeginFlush() => _cut = false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ReadResult result;
            try
            {
                result = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ConnectionAbortedException e)
            {
                // It counts as a cancelled operation, and would be taken for the end of a wait.
                throw new IOException(e.Message, e);
            }
            var octets = result.Buffer;
            if (!octets.IsEmpty)
            {
                var count = (int)Math.Min(buffer.Length, octets.Length);
                octets = octets.Slice(0, count);
                octets.CopyTo(buffer.Span);
                _input.AdvanceTo(octets.End);
                return count;
            }
            _input.AdvanceTo(octets.End);
            if (result.IsCompleted) return 0;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Writing?.Invoke();
        if (_cut) _output.CancelPendingFlush();
        var result = await _output.WriteAsync(buffer, CancellationToken.None).ConfigureAwait(false);
        _cut |= result.IsCanceled;
        if (result.IsCompleted) throw new IOException("The connection is gone.");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Every write is sent.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reads.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writes.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
