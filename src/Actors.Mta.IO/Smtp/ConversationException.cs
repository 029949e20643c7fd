namespace Actors.Mta.IO.Smtp;

/// <summary>
/// An outbound conversation cannot go on: the peer closed it or does not speak SMTP, or the message cannot be read.
/// The message is the reason as an operator reads it.
/// </summary>
internal sealed class ConversationException(string reason) : Exception(reason);
