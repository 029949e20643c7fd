using System.Text;
using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Tests.Sasl;

/// <summary>
/// Users and their passwords, and what runs SASL exchanges over them at once. Nonce, salt and challenge are those of RFC 7677 3 and
/// RFC 2195 2, so that the exchanges of those documents can be replayed.
/// </summary>
internal sealed class TableOfUsers
{
    public const string Nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    public const string Challenge = "<1896.697170952@postoffice.reston.mci.net>";
    private static readonly byte[] Salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");
    private static readonly SmtpReply WrongCredentials = SmtpReply.Of(535, "5.7.8", "Authentication credentials invalid");
    private static readonly SmtpReply NotAsAsked = SmtpReply.Of(501, "5.5.2", "Malformed authentication response");

    private readonly Dictionary<string, (UserAccount Account, string Password)> _users = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, SmtpReply> _refusals = new(StringComparer.OrdinalIgnoreCase);

    public static SaslContext Context(TlsFacts? tls = null, bool offersBinding = false) => new("mx.test", tls)
    {
        Nonce = Nonce,
        Challenge = Challenge,
        NodeSecret = Encoding.ASCII.GetBytes("sixteen or more octets"),
        Iterations = 4096,
        OffersBinding = offersBinding,
    };

    /// <summary>A user with a secret for each mechanism.</summary>
    public void Add(string name, string password) =>
        Add(new UserAccount(name) { CramSecret = password, ScramVerifier = ScramVerifier.Create(password, Salt, 4096).ToString() }, password);

    public void Add(UserAccount account, string password) => _users[account.Name] = (account, password);

    /// <summary>What is said to this user whatever the password: 454, 421.</summary>
    public void Refuse(string name, SmtpReply reply) => _refusals[name] = reply;

    public SaslResult Run(SaslExchange exchange, SaslMove move) => move switch
    {
        SaslMove.Challenge challenge => new SaslResult.Challenge(challenge.Octets),
        SaslMove.Done done => new SaslResult.Succeeded(done.User),
        SaslMove.FindAccount find when _refusals.TryGetValue(find.User, out var reply) => new SaslResult.Refused(reply),
        SaslMove.CheckPassword check when _refusals.TryGetValue(check.User, out var reply) => new SaslResult.Refused(reply),
        SaslMove.FindAccount find => Run(exchange, exchange.OnAccount(Find(find.User)?.Account)),
        SaslMove.CheckPassword check => Run(exchange, exchange.OnPassword(Find(check.User)?.Account, Find(check.User)?.Password == check.Password)),
        SaslMove.Malformed => new SaslResult.Refused(NotAsAsked),
        _ => new SaslResult.Refused(WrongCredentials),
    };

    private (UserAccount Account, string Password)? Find(string user) => _users.TryGetValue(user, out var found) ? found : null;
}
