using System.Net;
using System.Text;
using MimeKit;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// John, who submits his mail, and Alice, who reads hers: the servers on both sides, to be put together by a test. John's domain
/// is a.test, Alice's is b.test; both know one password.
/// </summary>
public static class JohnAndAlice
{
    public const string John = "john@a.test";
    public const string Alice = "alice@b.test";
    public const string Password = "corr3ct horse";

    /// <summary>The bed's first node takes John's mail for everywhere, from nobody but users.</summary>
    /// <param name="options">Of `mta user add`.</param>
    public static async Task<NodeProcess> JohnsNodeAsync(this TestBed bed, params string[] options)
    {
        bed.Settings.AcceptSubmission();
        bed.Settings.ShowCertificates(bed.Authority.Issue("mta.test"));
        await bed.Node.AddUserAsync(John, Password, options);
        return bed.Node;
    }

    /// <summary>A node that is the exchanger of Alice's domain, knows its mailboxes, and is nobody's relay.</summary>
    /// <param name="transport">"lmtp:unix:/path", for instance.</param>
    public static async Task<NodeProcess> AlicesNodeAsync(this TestBed bed, string transport, params string[] mailboxes)
    {
        var node = bed.ExchangerNode("b.test");
        node.Settings["mta.relay.networks"] = "[]";
        node.Settings.ShowCertificates(bed.Authority.Issue(node.Settings.Hostname));
        await node.ServeDomainAsync("b.test", transport, mailboxes is [] ? [Alice] : mailboxes);
        return node;
    }

    /// <summary>A Dovecot with John as a user and Alice's mailbox, running.</summary>
    public static async Task<DovecotInstance> DovecotAsync(this TestBed bed)
    {
        var dovecot = bed.Keep(new DovecotInstance(bed.Directory));
        dovecot.AddUser(John, Password);
        dovecot.AddUser(Alice, Password);
        await dovecot.StartAsync();
        return dovecot;
    }

    /// <summary>Postfix in the place of John's node.</summary>
    public static async Task<PostfixInstance> JohnsPostfixAsync(this TestBed bed, DovecotInstance dovecot)
    {
        var postfix = bed.Keep(new PostfixInstance(
            Path.Combine(bed.Directory, "john"), new IPEndPoint(IPAddress.Loopback, Ports.Free()), "smtpd_tls_mandatory_protocols = >=TLSv1.2"));
        postfix.AcceptSubmission(bed.Authority.Issue("postfix.test"), dovecot);
        await postfix.ResolveByAsync(bed.Dns, bed.DeliveryPort);
        return postfix;
    }

    /// <summary>Postfix in the place of Alice's node.</summary>
    public static PostfixInstance AlicesPostfix(this TestBed bed, DovecotInstance dovecot)
    {
        var address = bed.NewAddress(out var host);
        bed.Zone.Mx("b.test", 10, host);
        var postfix = bed.Keep(
            new PostfixInstance(Path.Combine(bed.Directory, "alice"), new IPEndPoint(address, bed.DeliveryPort), "", "b.test") { Hostname = host });
        postfix.OfferTls(bed.Authority.Issue(host));
        postfix.DeliverByLmtp(dovecot.Lmtp);
        return postfix;
    }

    /// <summary>John writes to Alice.</summary>
    public static Submission Letter(this TestBed bed, IPEndPoint server, bool tlsFromTheStart = false) =>
        new(server, bed.Authority.Root) { Implicit = tlsFromTheStart, User = John, Password = Password, Mechanism = "LOGIN", From = John, To = Alice };

    /// <summary>The Received fields of a message in the order of its way, unfolded.</summary>
    public static IReadOnlyList<string> Hops(byte[] message) =>
        [.. MimeMessage.Load(new MemoryStream(message)).Headers
            .Where(header => header.Id == HeaderId.Received)
            .Select(header => string.Join(' ', header.Value.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)))
            .Reverse()];

    /// <summary>The lines of hops, for the test's output.</summary>
    public static string Shown(IReadOnlyList<string> hops) =>
        hops.Select((hop, i) => $"hop {i + 1}: Received: {hop}\n").Aggregate(new StringBuilder(), (text, line) => text.Append(line)).ToString();
}
