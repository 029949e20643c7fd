using System.Buffers;

namespace Actors.Mta.Core.Smtp;

/// <summary>The sender's half of transparency (RFC 5321 4.5.2): doubles a dot at the start of a line, ends with CRLF.CRLF.</summary>
public sealed class DotStuffing
{
    /// <summary>Writes message octets, stuffed. Keeps state between calls (line start across buffers).</summary>
    public void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Writes the end: ".CRLF", with a CRLF before it when the message did not end with one.</summary>
    public void End(IBufferWriter<byte> output) => throw new NotImplementedException();
}
