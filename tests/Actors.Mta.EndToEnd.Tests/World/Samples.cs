using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Messages to send.</summary>
public static class Samples
{
    /// <summary>A short message with a header, CRLF lines and its subject.</summary>
    public static byte[] Message(string subject = "sample") => Encoding.UTF8.GetBytes(
        $"From: <sender@sender.test>\r\nTo: <someone@example.test>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@sender.test>\r\n" +
        "Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n\r\nHello there.\r\nA second line.\r\n");

    /// <summary>A message of about so many octets, different in every line.</summary>
    public static byte[] Large(int octets)
    {
        var message = new MemoryStream(octets + 200);
        message.Write(Message("large"));
        for (var line = 0; message.Length < octets; line++)
            message.Write(Encoding.ASCII.GetBytes($"{line:D12} 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJK\r\n"));
        return message.ToArray();
    }
}
