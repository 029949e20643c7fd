using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Sasl;

/// <summary>What a <see cref="SaslExchange"/> asks of its caller next, or what it came to.</summary>
public abstract record SaslMove
{
    private SaslMove() { }

    /// <summary>Give this to the client and its answer to OnResponse.</summary>
    public sealed record Challenge(ReadOnlyMemory<byte> Octets) : SaslMove;
    /// <summary>Look the user up, then OnAccount.</summary>
    public sealed record FindAccount(string User) : SaslMove;
    /// <summary>Check the password of the user (slow on purpose), then OnPassword.</summary>
    public sealed record CheckPassword(string User, string Password) : SaslMove
    {
        /// <summary>Without the password, which has no business in a log.</summary>
        public override string ToString() => $"{nameof(CheckPassword)} {{ User = {User} }}";
    }

    /// <summary>The client has proved to be this user.</summary>
    public sealed record Done(UserAccount User) : SaslMove;
    /// <summary>The client has not: 535 5.7.8.</summary>
    /// <param name="Reason">For the log, never for the client.</param>
    public sealed record Wrong(string User, string Reason) : SaslMove;
    /// <summary>What the client sent is not as the mechanism has it: 501 5.5.2.</summary>
    public sealed record Malformed : SaslMove { public static readonly Malformed Instance = new(); }
    /// <summary>
    /// The account has no secret that this mechanism can use. To the client 535 5.7.8 as for a wrong one; the log has the reason.
    /// </summary>
    public sealed record NotPossible(string User, string Reason) : SaslMove;
}
