namespace Actors.Mta.Core.Dsn;

/// <summary>Writes a notification as a complete message: multipart/report by RFC 3461 to 3464, and 6533 when addresses need UTF-8.</summary>
public static class DsnWriter
{
    /// <returns>Header and body, CRLF lines, ready for the spool.</returns>
    public static byte[] Write(DsnReport report) => throw new NotImplementedException();

    /// <summary>The header section of a message: up to and including the empty line, or all of it when there is none.</summary>
    public static ReadOnlyMemory<byte> HeaderOf(ReadOnlyMemory<byte> message) => throw new NotImplementedException();
}
