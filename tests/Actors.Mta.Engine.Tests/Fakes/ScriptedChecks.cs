using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Checks;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>Lets everybody pass, until told otherwise; counts the clients that it was asked about.</summary>
internal sealed class ScriptedChecks : IReceptionChecks, IClientChecks
{
    public int Clients { get; private set; }
    public SessionFacts? Last { get; private set; }
    public Task<SmtpReply?> Sender { get; set; } = Task.FromResult<SmtpReply?>(null);
    public Task<SmtpReply?> Recipient { get; set; } = Task.FromResult<SmtpReply?>(null);

    public IClientChecks Begin(SessionFacts facts)
    {
        Clients++;
        Last = facts;
        return this;
    }

    public ValueTask<SmtpReply?> OnMailAsync(string? helo, EmailAddress sender, CancellationToken cancel) => new(Sender);

    public ValueTask<SmtpReply?> OnRecipientAsync(EmailAddress sender, Recipient recipient, CancellationToken cancel) => new(Recipient);
}
