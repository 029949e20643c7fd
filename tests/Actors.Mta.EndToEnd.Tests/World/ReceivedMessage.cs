using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>A message as it reached a receiver: its end was seen, whatever was said to it then.</summary>
public sealed record ReceivedMessage(
    int Connection, string From, string FromParameters, IReadOnlyList<ReceivedRecipient> Recipients, byte[] Raw, bool ByBdat, bool ByTls)
{
    /// <summary>True once the receiver has said 250 to it.</summary>
    public bool Accepted { get; internal set; }

    /// <summary>The message without the Received field that the node put in front.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">There is no such field.</exception>
    public byte[] Content => Raw[TraceLength..];

    /// <summary>The Received field that the node put in front, folded as it came.</summary>
    public string Trace => Encoding.UTF8.GetString(Raw.AsSpan(0, TraceLength));

    public string Text => Encoding.UTF8.GetString(Raw);

    public IEnumerable<string> Addresses => Recipients.Select(recipient => recipient.Address);

    private int TraceLength
    {
        get
        {
            Assert.True(Raw.AsSpan().StartsWith("Received: "u8), "The message does not begin with a Received field: " + Start());
            var end = 0;
            do
            {
                end += Raw.AsSpan(end).IndexOf("\r\n"u8) + 2;
            }
            while (end < Raw.Length && Raw[end] is (byte)' ' or (byte)'\t');
            return end;
        }
    }

    private string Start() => Encoding.Latin1.GetString(Raw.AsSpan(0, Math.Min(Raw.Length, 200)));
}

/// <summary>A recipient with the parameters it came with ("NOTIFY=NEVER").</summary>
public sealed record ReceivedRecipient(string Address, string Parameters);
