using System.Buffers;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>Cuts lines that are no commands out of the input (RFC 4954 4). An over-long one is dropped as it comes in.</summary>
internal struct LineFramer
{
    private bool _overlong;

    /// <summary>Takes the next line off <paramref name="buffer"/>; false when it is not complete.</summary>
    public bool TryTake(ref ReadOnlySequence<byte> buffer, out Line line)
    {
        line = default;
        var reader = new SequenceReader<byte>(buffer);
        if (reader.TryReadTo(out ReadOnlySequence<byte> octets, "\r\n"u8))
        {
            var fits = !_overlong && octets.Length <= SessionNext.Line.MaxLength;
            line = new Line(fits ? octets.ToArray() : default(ReadOnlyMemory<byte>?));
            buffer = buffer.Slice(reader.Position);
            _overlong = false;
            return true;
        }
        if (buffer.Length > SessionNext.Line.MaxLength + 1 || (_overlong && !buffer.IsEmpty))
        {
            _overlong = true;
            // The last octet may be the CR of the line's end.
            buffer = buffer.Slice(buffer.Length - 1);
        }
        return false;
    }

    /// <param name="Octets">Without CRLF; null when the line was too long.</param>
    internal readonly record struct Line(ReadOnlyMemory<byte>? Octets);
}
