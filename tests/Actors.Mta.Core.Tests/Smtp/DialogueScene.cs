using System.Globalization;
using System.Net;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Core.Tests.Recipients;
using Actors.Mta.Core.Tests.Sasl;
using Actors.Mta.Core.Users;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>What the server of a transcript is set up to do, and what those around it answer; "@ key value" lines change it.</summary>
internal sealed class DialogueScene
{
    private readonly Dictionary<string, SmtpReply> _verdicts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, SmtpReply> _senders = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _deliveries = new(StringComparer.OrdinalIgnoreCase);

    public SessionPolicy Policy { get; set; } = new("mx.test", new SessionLimits());
    public RelayPolicy Relay { get; set; } = new([IPNetwork.Parse("192.0.2.0/24")], ["here.test"]);
    public IPAddress Client { get; set; } = IPAddress.Parse("192.0.2.7");
    public bool MayXclient { get; private set; }
    public TableOfUsers Users { get; } = new();
    public IReadOnlySet<string> Deliveries => _deliveries;

    /// <summary>Null: it takes everything.</summary>
    public SmtpReply? QueueSays { get; private set; }

    public RecipientVerdict Judge(IPAddress client, Recipient recipient) =>
        _verdicts.TryGetValue(recipient.Address.Text, out var refusal)
            ? new RecipientVerdict.Refused(refusal)
            : Relay.Decide(client, recipient);

    public SmtpReply? RefusesSender(EmailAddress sender, UserAccount? user)
    {
        if (_senders.TryGetValue(sender.Text, out var reply)) return reply;
        return user is null || user.MaySendAs(sender) ? null : SmtpReply.Of(553, "5.7.1", "Sender address not owned by the user");
    }

    public void Set(string directive)
    {
        var (key, value) = directive.Split(' ', 2) is [var k, var v] ? (k, v) : throw new FormatException(directive);
        switch (key)
        {
            case "client": Client = IPAddress.Parse(value); break;
            case "xclient": MayXclient = Yes(value); break;
            case "relay-domain": Relay = Relay with { Domains = Relay.Domains.Add(value) }; break;
            case "user": Pair(value, (name, password) => Users.Add(name, password)); break;
            case "login": Pair(value, (name, reply) => Users.Refuse(name, Reply(reply))); break;
            case "verdict": Pair(value, (address, reply) => _verdicts[address] = Reply(reply)); break;
            case "sender": Pair(value, (address, reply) => _senders[address] = Reply(reply)); break;
            case "queue": QueueSays = Reply(value); break;
            case "delivers-to": _deliveries.Add(value); break;
            default: Policy = With(Policy, key, value); break;
        }
    }

    private static SessionPolicy With(SessionPolicy policy, string key, string value) => key switch
    {
        "disabled" => policy with { Disabled = [.. value.Split(' ')] },
        "bare-newline" => policy with { BareNewline = Enum.Parse<BareNewline>(value, ignoreCase: true) },
        "role" => policy with { Role = Enum.Parse<ListenerRole>(value, ignoreCase: true) },
        "starttls" => policy with { StartTls = Yes(value) },
        "auth" => policy with { Mechanisms = [.. value.Split(' ')] },
        "require-tls" => policy with { RequireTls = Yes(value) },
        "require-auth" => policy with { RequireAuth = Yes(value) },
        "completes-header" => policy with { CompletesHeader = Yes(value) },
        _ => policy with { Limits = With(policy.Limits, key, int.Parse(value, CultureInfo.InvariantCulture)) },
    };

    private static SessionLimits With(SessionLimits limits, string key, int number) => key switch
    {
        "size" => limits with { MessageSize = number },
        "recipients" => limits with { Recipients = number },
        "transactions" => limits with { Transactions = number },
        "idle-commands" => limits with { IdleCommands = number },
        "errors" => limits with { Errors = number },
        "command-line" => limits with { CommandLine = number },
        "text-line" => limits with { TextLine = number },
        "hops" => limits with { Hops = number },
        "header-size" => limits with { HeaderSize = number },
        _ => throw new FormatException(key),
    };

    private static bool Yes(string value) => value == "yes" ? true : throw new FormatException(value);

    private static void Pair(string value, Action<string, string> set)
    {
        var blank = value.IndexOf(' ', StringComparison.Ordinal);
        set(value[..blank], value[(blank + 1)..]);
    }

    private static SmtpReply Reply(string text) =>
        text.Split(' ', 3) is [var code, var status, var words]
            ? SmtpReply.Of(int.Parse(code, CultureInfo.InvariantCulture), status, words)
            : throw new FormatException(text);
}
