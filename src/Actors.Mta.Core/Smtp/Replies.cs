namespace Actors.Mta.Core.Smtp;

/// <summary>The replies that the server says over and over; each encoded once.</summary>
internal static class Replies
{
    public static readonly SmtpReply Ok = Fixed(250, "2.0.0", "Ok");
    public static readonly SmtpReply SenderOk = Fixed(250, "2.1.0", "Ok");
    public static readonly SmtpReply RecipientOk = Fixed(250, "2.1.5", "Ok");
    public static readonly SmtpReply StartData = Fixed(354, null, "End data with <CR><LF>.<CR><LF>");
    public static readonly SmtpReply Bye = Fixed(221, "2.0.0", "Bye");
    public static readonly SmtpReply CannotVerify = Fixed(252, "2.0.0", "Cannot VRFY user, but will accept message and attempt delivery");
    public static readonly SmtpReply NotImplemented = Fixed(502, "5.5.1", "Command not implemented");
    public static readonly SmtpReply Help = new SmtpReply(214, EnhancedStatus.Parse("2.0.0"), [
        "Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT",
        "See RFC 5321",
    ]).Encoded();

    public static readonly SmtpReply HelloFirst = Fixed(503, "5.5.1", "Send EHLO or HELO first");
    public static readonly SmtpReply NestedMail = Fixed(503, "5.5.1", "Nested MAIL command");
    public static readonly SmtpReply MailFirst = Fixed(503, "5.5.1", "Need MAIL command");
    public static readonly SmtpReply RecipientFirst = Fixed(503, "5.5.1", "Need RCPT command");
    public static readonly SmtpReply NoValidRecipients = Fixed(554, "5.5.1", "No valid recipients");
    public static readonly SmtpReply ChunksUnderWay = Fixed(503, "5.5.1", "Only BDAT or RSET after BDAT");

    public static readonly SmtpReply ReadyForTls = Fixed(220, "2.0.0", "Ready to start TLS");
    public static readonly SmtpReply TlsStands = Fixed(503, "5.5.1", "TLS is active already");
    public static readonly SmtpReply EhloFirst = Fixed(503, "5.5.1", "Send EHLO first");
    public static readonly SmtpReply NotInTransaction = Fixed(503, "5.5.1", "Not permitted during a mail transaction");
    public static readonly SmtpReply StartTlsFirst = Fixed(530, "5.7.0", "Must issue a STARTTLS command first");
    public static readonly SmtpReply AuthenticationRequired = Fixed(530, "5.7.0", "Authentication required");
    public static readonly SmtpReply EncryptionRequired = Fixed(538, "5.7.11", "Encryption required for requested authentication mechanism");
    public static readonly SmtpReply LoggedIn = Fixed(503, "5.5.1", "Already authenticated");
    public static readonly SmtpReply Authenticated = Fixed(235, "2.7.0", "Authentication successful");
    public static readonly SmtpReply MechanismNotOffered = Fixed(504, "5.5.4", "Unrecognized authentication mechanism");
    public static readonly SmtpReply AuthenticationCancelled = Fixed(501, "5.7.0", "Authentication cancelled");
    public static readonly SmtpReply BadBase64 = Fixed(501, "5.5.2", "Cannot decode base64");
    public static readonly SmtpReply SaslLineTooLong = Fixed(500, "5.5.6", "Authentication exchange line is too long");
    public static readonly SmtpReply AuthSyntax = Fixed(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
    public static readonly SmtpReply XclientSyntax = Fixed(501, "5.5.4", "Bad XCLIENT attribute");
    public static readonly SmtpReply NoXclient = Fixed(550, "5.7.0", "Error: insufficient authorization");

    public static readonly SmtpReply ParameterNotOffered = Fixed(555, "5.5.4", "Parameter not recognized or not implemented");
    public static readonly SmtpReply NeedsSmtpUtf8 = Fixed(553, "5.6.7", "Address needs SMTPUTF8");
    public static readonly SmtpReply MessageTooBig = Fixed(552, "5.3.4", "Message size exceeds fixed limit");
    public static readonly SmtpReply HeaderTooBig = Fixed(552, "5.3.4", "Header section exceeds fixed limit");
    public static readonly SmtpReply TooManyRecipients = Fixed(452, "4.5.3", "Too many recipients");
    public static readonly SmtpReply TooManyTransactions = Fixed(421, "4.7.0", "Too many transactions in this session, closing");
    public static readonly SmtpReply TooManyErrors = Fixed(421, "4.7.0", "Too many errors, closing");
    public static readonly SmtpReply RelayingDenied = Fixed(550, "5.7.1", "Relaying denied");

    public static readonly SmtpReply UnknownCommand = Fixed(500, "5.5.2", "Command not recognized");
    public static readonly SmtpReply LineTooLong = Fixed(500, "5.5.2", "Line too long");
    public static readonly SmtpReply BareNewline = Fixed(500, "5.5.2", "Bare CR or LF in command line");
    public static readonly SmtpReply NotHttp = Fixed(421, "4.7.0", "This is SMTP, closing");
    public static readonly SmtpReply NoParameters = Fixed(501, "5.5.4", "No parameters allowed");
    public static readonly SmtpReply HelloSyntax = Fixed(501, "5.5.4", "Domain or address literal required");
    public static readonly SmtpReply MailSyntax = Fixed(501, "5.5.4", "Syntax: MAIL FROM:<address>");
    public static readonly SmtpReply RcptSyntax = Fixed(501, "5.5.4", "Syntax: RCPT TO:<address>");
    public static readonly SmtpReply BdatSyntax = Fixed(501, "5.5.4", "Syntax: BDAT size [LAST]");
    public static readonly SmtpReply ArgumentMissing = Fixed(501, "5.5.4", "Argument required");
    public static readonly SmtpReply BadSender = Fixed(501, "5.1.7", "Bad sender address syntax");
    public static readonly SmtpReply BadRecipient = Fixed(501, "5.1.3", "Bad recipient address syntax");
    public static readonly SmtpReply BadParameter = Fixed(501, "5.5.4", "Bad or repeated parameter");

    private static SmtpReply Fixed(int code, string? status, string text) => SmtpReply.Of(code, status, text).Encoded();
}
