using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Checks;

/// <summary>What is asked about clients that are neither ours nor logged in. One for a node; all members may be called from any thread.</summary>
public interface IReceptionChecks
{
    /// <summary>A client has connected: look-ups that need nothing but its address may begin.</summary>
    IClientChecks Begin(SessionFacts facts);
}

/// <summary>
/// The checks of one connection; one call at a time. A check that cannot be made lets the mail pass, and is counted; only a sender's
/// domain of which DNS tells nothing is 450 4.1.8.
/// </summary>
public interface IClientChecks
{
    /// <summary>
    /// The client's name, confirmed by forward look-up; null when it has none. For <see cref="SessionFacts.ClientHost"/>, if it is
    /// there in time: nothing waits for it.
    /// </summary>
    Task<string?> ClientHost => Task.FromResult<string?>(null);

    /// <summary>At MAIL: client name, HELO, sender. Null, or the refusal.</summary>
    ValueTask<SmtpReply?> OnMailAsync(string? helo, EmailAddress sender, CancellationToken cancel);

    /// <summary>At RCPT, for a recipient that is ours: DNS lists, greylisting. Null, or the refusal.</summary>
    ValueTask<SmtpReply?> OnRecipientAsync(EmailAddress sender, Recipient recipient, CancellationToken cancel);
}
