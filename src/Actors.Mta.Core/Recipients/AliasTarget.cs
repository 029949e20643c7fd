using Actors.Mta.Core.Mail;

namespace Actors.Mta.Core.Recipients;

/// <summary>One of the things behind the colon of an alias.</summary>
public abstract record AliasTarget
{
    private AliasTarget() { }

    /// <summary>An address, local or remote; the alias itself keeps a copy in its own mailbox.</summary>
    public sealed record To(EmailAddress Address) : AliasTarget;

    /// <summary>551 5.1.6: the user is elsewhere now, and mail is not forwarded.</summary>
    public sealed record Moved(EmailAddress Address) : AliasTarget;

    /// <summary>550 5.1.1 with this text.</summary>
    public sealed record Refuse(string Text) : AliasTarget;
}
