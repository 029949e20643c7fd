using System.Buffers;
using System.Text;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// Puts the missing ones of Date and Message-ID at the end of a header section. The start of each line is held back until
/// <see cref="HeaderReader"/> knows that it is not the end. In front of a message whose first line is no field, a header section of
/// their own is put, with its empty line.
/// </summary>
internal sealed class HeaderCompleter(HeaderCompletion completion, HeaderReader header)
{
    private readonly ArrayBufferWriter<byte> _held = new(64);
    private bool _endsWithLine = true;

    /// <summary>True once nothing is held back and nothing is to be added.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Passes octets on that <see cref="HeaderReader.Read"/> has just seen.</summary>
    public void Pass(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        var cut = header.IsIntact && !header.IsUndecided ? octets.Length : header.LineStart;
        // What is held back is the start of one line; it goes, unless it is that line still.
        if (cut >= 0) Release(octets[..cut], output);
        var rest = octets[Math.Max(cut, 0)..];
        if (header.IsIntact)
        {
            _held.Write(rest);
            return;
        }
        Complete(output);
        Release(rest, output);
    }

    /// <summary>The message ended within its header section (or before one could begin).</summary>
    public void End(IBufferWriter<byte> output)
    {
        // A last line that is no field stays behind the fields; one that is, or is none at all, stays in front of them.
        if (header.IsIntact && !_endsWithLine) output.Write("\r\n"u8);
        Complete(output);
        Release([], output);
    }

    private void Release(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        output.Write(_held.WrittenSpan);
        output.Write(octets);
        var last = octets.IsEmpty ? _held.WrittenSpan : octets;
        if (!last.IsEmpty) _endsWithLine = last[^1] == '\n';
        _held.ResetWrittenCount();
    }

    private void Complete(IBufferWriter<byte> output)
    {
        IsDone = true;
        if (header.HasDate && header.HasMessageId) return;
        var date = header.HasDate ? "" : $"Date: {completion.Date}\r\n";
        var id = header.HasMessageId ? "" : $"Message-ID: {completion.MessageId}\r\n";
        output.Write(Encoding.UTF8.GetBytes(date + id));
        // What begins with text is all body.
        if (header.EndedByText && !header.HasFields) output.Write("\r\n"u8);
    }
}
