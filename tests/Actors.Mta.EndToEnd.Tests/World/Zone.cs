using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>The records of the zone "test." in master file format (RFC 1035 5), and the names below it that only fail.</summary>
public sealed class Zone
{
    private readonly StringBuilder _records = new(
        """
        $ORIGIN test.
        $TTL 60
        @ IN SOA ns.test. postmaster.test. 1 3600 600 86400 60
        @ IN NS ns.test.
        ns.test. IN A 127.0.0.1

        """);

    private readonly List<string> _broken = [];

    /// <summary>Domains whose look-up ends with SERVFAIL.</summary>
    public IReadOnlyList<string> Broken => _broken;

    public Zone Mx(string domain, int preference, string host) => Add($"{domain}. IN MX {preference} {host}.");

    public Zone A(string host, string address) => Add($"{host}. IN A {address}");

    public Zone Cname(string alias, string target) => Add($"{alias}. IN CNAME {target}.");

    /// <summary>RFC 7505: this domain takes no mail.</summary>
    public Zone NullMx(string domain) => Add($"{domain}. IN MX 0 .");

    public Zone ServFail(string domain)
    {
        _broken.Add(domain);
        return this;
    }

    public override string ToString() => _records.ToString();

    private Zone Add(string record)
    {
        _records.Append(record).Append('\n');
        return this;
    }
}
