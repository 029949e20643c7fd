namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Where a <see cref="ScriptedReceiver"/> asks its script what to say.</summary>
public enum ReceiverStage { Connect, Helo, StartTls, Mail, Rcpt, Data, EndOfData, Reset, Quit }

/// <summary>The situation a script answers to.</summary>
/// <param name="Connection">Number of the connection, from 1.</param>
/// <param name="Line">The command as it came, without its line end; empty at Connect and EndOfData.</param>
/// <param name="From">The sender of the transaction, when there is one.</param>
/// <param name="Recipients">Recipients accepted so far.</param>
/// <param name="Message">At EndOfData, the message.</param>
public sealed record ReceiverTurn(
    ReceiverStage Stage, int Connection, string Line, string? From, IReadOnlyList<string> Recipients, ReceivedMessage? Message)
{
    /// <summary>At Rcpt, the address in the angle brackets; the same for Mail.</summary>
    public string Address => Paths.AddressOf(Line);
}

/// <summary>What a receiver does next. A script that returns null leaves it at the polite default.</summary>
public abstract record ReceiverAnswer
{
    private ReceiverAnswer() { }

    /// <param name="Reply">"451 4.3.0 later"; several lines are separated by LF and come with their codes.</param>
    public sealed record Say(string Reply) : ReceiverAnswer;

    /// <summary>Says it (421, for instance) and closes.</summary>
    public sealed record SayAndClose(string Reply) : ReceiverAnswer;

    /// <summary>Closes without a word.</summary>
    public sealed record HangUp : ReceiverAnswer;

    /// <summary>At Data: says 354, waits for so many octets of the message, then closes.</summary>
    public sealed record HangUpInBody(int AfterOctets) : ReceiverAnswer;

    /// <summary>Waits for a signal of the test first.</summary>
    public sealed record Hold(Task Until, ReceiverAnswer? Then = null) : ReceiverAnswer;

    public static implicit operator ReceiverAnswer?(string? reply) => reply is null ? null : new Say(reply);
}

/// <summary>How a receiver deals with TLS.</summary>
public enum ReceiverTls
{
    /// <summary>STARTTLS is not offered.</summary>
    None,
    /// <summary>Offered, and works with a self-signed certificate.</summary>
    Works,
    /// <summary>Offered and said 220 to, and then the handshake is answered with nonsense.</summary>
    Broken,
}
