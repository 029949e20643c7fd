using System.Buffers;
using System.Net.Sockets;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>What a client over the limits hears in place of the greeting (RFC 5321 3.8, RFC 3463 4.3.2 and 4.7.0).</summary>
internal sealed class Refusals(string hostname)
{
    private readonly byte[] _tooManyInAll = Encode(SmtpReply.Of(421, "4.3.2", $"{hostname} Too many connections"));
    private readonly byte[] _tooManyOfClient = Encode(SmtpReply.Of(421, "4.7.0", $"{hostname} Too many connections from your address"));

    /// <summary>Sends the reply into the empty buffer of a new socket, which takes it without a wait.</summary>
    /// <exception cref="SocketException">The peer is gone.</exception>
    public void Send(Socket socket, AdmissionResult why)
    {
        socket.Send(why == AdmissionResult.TooManyInAll ? _tooManyInAll : _tooManyOfClient);
        socket.Shutdown(SocketShutdown.Send);
    }

    private static byte[] Encode(SmtpReply reply)
    {
        var output = new ArrayBufferWriter<byte>();
        reply.WriteTo(output);
        return output.WrittenSpan.ToArray();
    }
}
