using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// The argument of Postfix's XCLIENT: "NAME=client.test ADDR=IPV6:2001:db8::1 …", values in xtext (Postfix's XCLIENT_README).
/// An attribute that is not known, comes twice, or has a value that is none of its kind makes the command 501.
/// </summary>
internal static class XclientParser
{
    /// <summary>As EHLO announces them.</summary>
    public const string Attributes = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

    private const int MaxName = 255;

    private static readonly SmtpCommand.Malformed BadSyntax = new(Replies.XclientSyntax, "XCLIENT");

    public static SmtpCommand Parse(ReadOnlySpan<byte> argument)
    {
        var client = new XclientAttributes(null, null, null, null, null, null, null, null);
        var seen = new HashSet<string>(8);
        foreach (var range in argument.Split((byte)' '))
        {
            var one = argument[range];
            if (one.IsEmpty) continue;
            var equals = one.IndexOf((byte)'=');
            if (equals < 1 || !Xtext.TryDecode(one[(equals + 1)..], out var value)) return BadSyntax;
            var name = Encoding.UTF8.GetString(one[..equals]).ToUpperInvariant();
            if (!seen.Add(name) || Apply(name, value, client) is not { } more) return BadSyntax;
            client = more;
        }
        return seen.Count == 0 ? BadSyntax : new SmtpCommand.Xclient(client);
    }

    /// <returns>Null when the value is bad.</returns>
    private static XclientAttributes? Apply(string name, string value, XclientAttributes client)
    {
        var known = !IsUnavailable(value);
        return name switch
        {
            "NAME" when IsName(value) => client with { Name = known ? value : "" },
            "HELO" when IsName(value) => client with { Helo = known ? value : "" },
            "LOGIN" when IsName(value) => client with { Login = known ? value : "" },
            // 0.0.0.0 is in no network that may do more than others; the proxy's own address would be.
            "ADDR" when !known => client with { Address = IPAddress.Any },
            "ADDR" when TryAddress(value, out var address) => client with { Address = address },
            "DESTADDR" when !known => client,
            "DESTADDR" when TryAddress(value, out var address) => client with { DestinationAddress = address },
            "PORT" when !known => client,
            "PORT" when TryPort(value, out var port) => client with { Port = port },
            "DESTPORT" when !known => client,
            "DESTPORT" when TryPort(value, out var port) => client with { DestinationPort = port },
            "PROTO" when value.Equals("SMTP", StringComparison.OrdinalIgnoreCase) => client with { Extended = false },
            "PROTO" when value.Equals("ESMTP", StringComparison.OrdinalIgnoreCase) => client with { Extended = true },
            _ => null,
        };
    }

    private static bool IsUnavailable(string value) =>
        value.Equals("[UNAVAILABLE]", StringComparison.OrdinalIgnoreCase) || value.Equals("[TEMPUNAVAIL]", StringComparison.OrdinalIgnoreCase);

    private static bool IsName(string value)
    {
        if (value.Length is 0 or > MaxName) return false;
        foreach (var c in value)
        {
            if (char.IsControl(c)) return false;
        }
        return true;
    }

    private static bool TryAddress(string value, out IPAddress address)
    {
        const string tag = "IPV6:";
        address = IPAddress.None;
        var six = value.StartsWith(tag, StringComparison.OrdinalIgnoreCase);
        // IPAddress would take "127.1" and scope ids, which are no addresses here.
        if (!IPAddress.TryParse(six ? value[tag.Length..] : value, out var parsed)) return false;
        if (parsed.AddressFamily != (six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)) return false;
        if (six ? value.Contains('%') || value.Contains('[') : parsed.ToString() != value) return false;
        address = parsed;
        return true;
    }

    private static bool TryPort(string value, out int port)
    {
        port = 0;
        if (value.Length is 0 or > 5 || value.AsSpan().ContainsAnyExceptInRange('0', '9')) return false;
        port = int.Parse(value);
        return port <= IPEndPoint.MaxPort;
    }
}
