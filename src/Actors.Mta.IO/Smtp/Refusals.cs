using System.Buffers;
using System.Net.Sockets;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>What a client over the limits hears in place of the greeting (RFC 5321 3.8, RFC 3463 4.3.2 and 4.7.0).</summary>
internal sealed class Refusals(string hostname)
{
    private readonly SmtpReply _tooManyInAll = SmtpReply.Of(421, "4.3.2", $"{hostname} Too many connections");
    private readonly SmtpReply _tooManyOfClient = SmtpReply.Of(421, "4.7.0", $"{hostname} Too many connections from your address");
    private readonly SmtpReply _tooOften = SmtpReply.Of(421, "4.7.0", $"{hostname} Too many connections from your address lately");

    public SmtpReply For(AdmissionResult why) => why switch
    {
        AdmissionResult.TooManyInAll => _tooManyInAll,
        AdmissionResult.TooManyOfClient => _tooManyOfClient,
        AdmissionResult.TooOften => _tooOften,
        _ => throw new ArgumentException("It was admitted.", nameof(why)),
    };

    public static RefusalReason ReasonOf(AdmissionResult why) => why switch
    {
        AdmissionResult.TooManyInAll => RefusalReason.Full,
        AdmissionResult.TooManyOfClient => RefusalReason.FullForClient,
        AdmissionResult.TooOften => RefusalReason.TooOften,
        _ => throw new ArgumentException("It was admitted.", nameof(why)),
    };

    /// <summary>Sends the reply into the empty buffer of a new socket, which takes it without a wait.</summary>
    /// <exception cref="SocketException">The peer is gone.</exception>
    public void Send(Socket socket, AdmissionResult why)
    {
        var output = new ArrayBufferWriter<byte>();
        For(why).WriteTo(output);
        socket.Send(output.WrittenSpan);
        socket.Shutdown(SocketShutdown.Send);
    }
}
