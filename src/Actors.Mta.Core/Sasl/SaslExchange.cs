using System.Text;
using System.Text.Unicode;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Sasl;

/// <summary>
/// The server's side of one SASL exchange (RFC 4422): octets of the client in, moves out. No I/O: accounts are looked up and passwords
/// checked by the caller, who comes back with what was found. Never throws for what a client says; a call that no move asked for is
/// a mistake of the caller and throws <see cref="InvalidOperationException"/>.
/// Strings are prepared as SASLprep (RFC 4013) wants them as far as that goes without tables: control characters are refused, ASCII
/// is exact, and anything else is taken as UTF-8 octets just as it was sent (the node runs without ICU, so there is no normal form KC).
/// </summary>
public abstract class SaslExchange
{
    private const int MaxText = 1024;

    private protected SaslExchange() { }

    /// <param name="mechanism">One of <see cref="SaslMechanisms.Known"/>, upper case.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such mechanism.</exception>
    /// <exception cref="ArgumentException">The context lacks what the mechanism must have of it.</exception>
    public static SaslExchange Create(string mechanism, SaslContext context) => mechanism switch
    {
        SaslMechanisms.CramMd5 when context.Challenge.Length == 0 =>
            throw new ArgumentException("CRAM-MD5 needs a challenge.", nameof(context)),
        SaslMechanisms.ScramSha256 or SaslMechanisms.ScramSha256Plus when context.Nonce.Length == 0 || context.NodeSecret.Length < 16 =>
            throw new ArgumentException("SCRAM needs a nonce, and a secret of the node.", nameof(context)),
        SaslMechanisms.Plain => new PlainExchange(),
        SaslMechanisms.Login => new LoginExchange(),
        SaslMechanisms.CramMd5 => new CramMd5Exchange(context),
        SaslMechanisms.ScramSha256 => new ScramExchange(context, plus: false),
        SaslMechanisms.ScramSha256Plus => new ScramExchange(context, plus: true),
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, "No such SASL mechanism."),
    };

    /// <summary>The first move.</summary>
    /// <param name="initial">The initial response, decoded; null when there was none.</param>
    public abstract SaslMove Begin(ReadOnlyMemory<byte>? initial);

    /// <summary>The client's answer to <see cref="SaslMove.Challenge"/>, decoded.</summary>
    public abstract SaslMove OnResponse(ReadOnlyMemory<byte> response);

    /// <summary>The answer to <see cref="SaslMove.FindAccount"/>; null: there is none.</summary>
    public virtual SaslMove OnAccount(UserAccount? account) => throw OutOfTurn();

    /// <summary>The answer to <see cref="SaslMove.CheckPassword"/>; null: there is no such account.</summary>
    public virtual SaslMove OnPassword(UserAccount? account, bool right) => throw OutOfTurn();

    private protected static InvalidOperationException OutOfTurn() => new("The SASL exchange did not ask for this.");

    private protected static SaslMove.Challenge Say(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a user name or password: UTF-8 without control characters, NUL among them; not empty.</summary>
    private protected static bool TryText(ReadOnlySpan<byte> octets, out string text)
    {
        text = "";
        if (octets.Length is 0 or > MaxText || !Utf8.IsValid(octets)) return false;
        text = Encoding.UTF8.GetString(octets);
        foreach (var c in text)
        {
            if (char.IsControl(c)) return false; // RFC 4013 2.3
        }
        return true;
    }

    private protected static SaslMove Judge(string user, UserAccount? account, bool right) =>
        account is null ? new SaslMove.Wrong(user, "no such user")
        : right ? new SaslMove.Done(account)
        : new SaslMove.Wrong(user, "wrong password");
}
