namespace Actors.Mta.LoadGen.Sink;

/// <summary>
/// The words of a kind of receiver, with its codes: senders tell by them what a refusal means. Modelled on what the large
/// providers publish in their lists of SMTP replies; addresses and links are not theirs.
/// </summary>
public sealed record ReplyTexts
{
    public static ReplyTexts Generic { get; } = new()
    {
        Name = "generic",
        TooManyConnections = "421 4.7.0 Too many connections from your address",
        TooFastConnections = "421 4.7.0 Connection rate limit exceeded",
        TooFastMessages = "421 4.7.1 Message rate limit exceeded, try again later",
        EnoughOnConnection = "421 4.7.0 Too many messages on this connection",
        TooManyRecipients = "452 4.5.3 Too many recipients",
        Greylisted = "450 4.7.1 Greylisted, try again later",
        UnknownUser = "550 5.1.1 Recipient address rejected: user unknown",
        Busy = "421 4.3.2 Service not available, closing transmission channel",
        Deferred = "451 4.3.0 Temporary failure, try again later",
    };

    public static ReplyTexts Gmail { get; } = Generic with
    {
        Name = "gmail",
        TooManyConnections = "421 4.7.0 Our system has detected too many connections from your IP address. gsmtp",
        TooFastConnections = "421 4.7.0 Try again later, closing connection. (EHLO) gsmtp",
        TooFastMessages = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address; it has been temporarily rate limited. gsmtp",
        Greylisted = "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. gsmtp",
        UnknownUser = "550 5.1.1 The email account that you tried to reach does not exist. gsmtp",
        Deferred = "451 4.3.0 Mail server temporarily rejected message. gsmtp",
    };

    public static ReplyTexts Outlook { get; } = Generic with
    {
        Name = "outlook",
        TooManyConnections = "421 4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing transmission channel",
        TooFastConnections = "421 4.7.0 RP-001 The mail server IP connecting to the server has exceeded the rate limit allowed",
        TooFastMessages = "451 4.7.500 Server busy. Please try again later from your address. (S77719)",
        Greylisted = "451 4.7.651 The mail server has been temporarily rate limited due to IP reputation. (S775)",
        UnknownUser = "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
    };

    public static ReplyTexts Yahoo { get; } = Generic with
    {
        Name = "yahoo",
        TooManyConnections = "421 4.7.0 [TSS04] Messages from your address temporarily deferred due to unexpected volume or user complaints",
        TooFastConnections = "421 4.7.0 [TSS04] Messages from your address temporarily deferred due to unexpected volume or user complaints",
        TooFastMessages = "421 4.7.0 [TSS05] Messages from your address temporarily deferred due to unexpected volume",
        Greylisted = "451 4.7.1 [GL01] Message from your address temporarily deferred",
        UnknownUser = "554 5.7.9 delivery error: dd This user doesn't have an account",
    };

    public required string Name { get; init; }
    public required string TooManyConnections { get; init; }
    public required string TooFastConnections { get; init; }
    public required string TooFastMessages { get; init; }
    public required string EnoughOnConnection { get; init; }
    public required string TooManyRecipients { get; init; }
    public required string Greylisted { get; init; }
    public required string UnknownUser { get; init; }
    public required string Busy { get; init; }
    public required string Deferred { get; init; }
}
