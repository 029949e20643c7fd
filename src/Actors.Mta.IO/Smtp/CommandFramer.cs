using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// Cuts command lines out of the input. Only CRLF ends a line (RFC 5321 2.3.8); a bare CR or LF stays in the line, where the
/// parser refuses it. A line over the limit is dropped as it comes in and becomes one malformed command at its end.
/// </summary>
internal struct CommandFramer(int limit)
{
    private const int StackLine = 512;

    private bool _overlong;

    /// <summary>Takes the next line off <paramref name="buffer"/>; false when it is not complete.</summary>
    public bool TryTake(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out SmtpCommand? command)
    {
        var first = buffer.FirstSpan;
        var end = first.IndexOf("\r\n"u8);
        if (end >= 0)
        {
            command = Fits(end) ? SmtpCommandParser.Parse(first[..end]) : SmtpCommandParser.LineTooLong;
            buffer = buffer.Slice(end + 2);
            _overlong = false;
            return true;
        }
        if (!buffer.IsSingleSegment)
        {
            var reader = new SequenceReader<byte>(buffer);
            if (reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
            {
                command = Fits(line.Length) ? Parse(line) : SmtpCommandParser.LineTooLong;
                buffer = buffer.Slice(reader.Position);
                _overlong = false;
                return true;
            }
        }
        command = null;
        DropOverlong(ref buffer);
        return false;
    }

    private readonly bool Fits(long length) => !_overlong && length + 2 <= limit;

    /// <summary>Keeps the last octet, which may be the CR of the line's end.</summary>
    private void DropOverlong(ref ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsEmpty || (!_overlong && buffer.Length < limit)) return;
        _overlong = true;
        buffer = buffer.Slice(buffer.Length - 1);
    }

    private static SmtpCommand Parse(in ReadOnlySequence<byte> line)
    {
        var length = (int)line.Length;
        if (length <= StackLine)
        {
            Span<byte> copy = stackalloc byte[StackLine];
            line.CopyTo(copy);
            return SmtpCommandParser.Parse(copy[..length]);
        }
        var rented = ArrayPool<byte>.Shared.Rent(length);
        line.CopyTo(rented);
        var command = SmtpCommandParser.Parse(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
        return command;
    }
}
