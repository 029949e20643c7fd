namespace Actors.Mta.Core.Smtp;

/// <summary>How the tables of the dialogue write a row: say something and read on, count an error, close.</summary>
internal static class DialogueSteps
{
    public static DialogueStep Say(DialogueState state, SmtpReply reply) => new(state, reply, DialogueEffect.NextCommand.Instance);

    // RFC 5321 4.2.1: 421 is the last word, whoever says it.
    public static DialogueStep SayOrClose(DialogueState state, SmtpReply reply) =>
        reply.Code == 421 ? Close(state, reply) : Say(state, reply);

    public static DialogueStep Close(DialogueState state, SmtpReply reply) =>
        new(state.WithoutTransaction(), reply, DialogueEffect.Close.Instance);

    /// <summary>The client has done too much of something.</summary>
    public static DialogueStep CutOff(DialogueState state, SmtpReply reply) =>
        new(state.WithoutTransaction(), reply, DialogueEffect.Close.BeyondLimits);

    /// <summary>A protocol error: counted, and one too many ends the session.</summary>
    public static DialogueStep Fault(DialogueState state, SmtpReply reply, SessionPolicy policy, DialogueEffect? effect = null)
    {
        var counted = state with { Errors = state.Errors + 1 };
        return counted.Errors > policy.Limits.Errors
            ? CutOff(counted, Replies.TooManyErrors)
            : new(counted, reply, effect ?? DialogueEffect.NextCommand.Instance);
    }

    /// <summary>Counts a command that brings no message nearer: free for a while, then an error each.</summary>
    public static DialogueState CountIdle(DialogueState state, SessionPolicy policy)
    {
        var counted = state with { IdleCommands = state.IdleCommands + 1 };
        return counted.IdleCommands > policy.Limits.IdleCommands ? counted with { Errors = counted.Errors + 1 } : counted;
    }

    /// <summary>Somebody's refusal: counted when it is for good, the last word when it is 421.</summary>
    public static DialogueStep Refuse(DialogueState state, SmtpReply refusal, SessionPolicy policy) =>
        refusal.IsPermanent ? Fault(state, refusal, policy) : SayOrClose(state, refusal);

    /// <summary>Takes the enhanced status off where they are not offered.</summary>
    public static DialogueStep Plain(SessionPolicy policy, DialogueStep step) =>
        step.Reply is { Status: not null } reply && !Announcement.Of(policy).HasEnhancedStatus
            ? step with { Reply = reply with { Status = null } }
            : step;
}
