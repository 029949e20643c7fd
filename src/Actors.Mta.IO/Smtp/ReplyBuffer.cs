using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// Frames replies (RFC 5321 4.2) out of what a peer sends. Lines of at most 4096 octets (the standard says 512), at most
/// 100 of them; a bare LF is taken for a line's end, since some peers send it.
/// </summary>
internal sealed class ReplyBuffer
{
    private const int LineLimit = 4096;
    private const int LinesLimit = 100;

    private readonly List<ReadOnlyMemory<byte>> _lines = new(4);
    private readonly List<Range> _ranges = new(4);
    private byte[] _octets = new byte[LineLimit];
    private int _start;
    private int _lineStart;
    private int _end;

    /// <summary>True when nothing was read that is not used.</summary>
    public bool IsEmpty => _start == _end;

    /// <summary>Drops what was read: nothing that came in the clear may count after STARTTLS (RFC 3207 5).</summary>
    public void Clear() => Rewind();

    /// <summary>Room for the next read; grows while a long reply is incomplete.</summary>
    public Memory<byte> Room()
    {
        if (IsEmpty)
        {
            Rewind();
        }
        else if (_end == _octets.Length)
        {
            if (_start > 0) MoveToFront();
            else Array.Resize(ref _octets, _octets.Length * 2);
        }
        return _octets.AsMemory(_end);
    }

    public void Filled(int count) => _end += count;

    /// <summary>Takes a complete reply; null when more octets are needed.</summary>
    /// <exception cref="ConversationException">What came is not a reply.</exception>
    public SmtpReply? TryTake()
    {
        while (true)
        {
            var rest = _octets.AsSpan(_lineStart, _end - _lineStart);
            var newline = rest.IndexOf((byte)'\n');
            if (newline < 0)
            {
                if (rest.Length > LineLimit) throw new ConversationException("the peer sent a reply line that is too long");
                return null;
            }
            if (newline >= LineLimit) throw new ConversationException("the peer sent a reply line that is too long");
            var length = newline > 0 && rest[newline - 1] == '\r' ? newline - 1 : newline;
            if (length < 3 || rest[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9')) throw NoReply();
            var more = length > 3 && rest[3] == '-';
            _ranges.Add(new Range(_lineStart - _start, _lineStart - _start + length));
            _lineStart += newline + 1;
            if (!more) return Take();
            if (_ranges.Count >= LinesLimit) throw new ConversationException("the peer sent a reply of too many lines");
        }
    }

    private SmtpReply Take()
    {
        var octets = _octets.AsMemory(_start, _lineStart - _start);
        foreach (var range in _ranges) _lines.Add(octets[range]);
        if (!SmtpReply.TryParse(_lines, out var reply)) throw NoReply();
        _lines.Clear();
        _ranges.Clear();
        _start = _lineStart;
        return reply;
    }

    private static ConversationException NoReply() => new("the peer sent something that is not an SMTP reply");

    private void MoveToFront()
    {
        _octets.AsSpan(_start, _end - _start).CopyTo(_octets);
        _lineStart -= _start;
        _end -= _start;
        _start = 0;
    }

    private void Rewind()
    {
        if (_octets.Length > LineLimit) _octets = new byte[LineLimit];
        _ranges.Clear();
        _start = _lineStart = _end = 0;
    }
}
