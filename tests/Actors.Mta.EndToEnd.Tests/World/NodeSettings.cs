using System.Globalization;
using System.Net;
using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// What a node under test is told: keys of mta.* with values in HOCON. Its own ports, a short retry schedule without
/// jitter, and a test's wishes on top.
/// </summary>
public sealed class NodeSettings
{
    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    public NodeSettings(string data, int dnsPort, int deliveryPort)
    {
        Admin = new IPEndPoint(IPAddress.Loopback, Ports.Free());
        Hostname = "mta.test";
        this["mta.data"] = Text(data);
        RelayAt(new IPEndPoint(IPAddress.Loopback, Ports.Free()));
        this["mta.admin.address"] = Text(Admin.Address.ToString());
        this["mta.admin.port"] = Number(Admin.Port);
        this["mta.dns.servers"] = $"[{Text($"127.0.0.1:{dnsPort}")}]";
        this["mta.delivery.port"] = Number(deliveryPort);
        this["mta.retry.transport"] = "[300ms]";
        this["mta.retry.greylist"] = "[300ms]";
        this["mta.retry.other"] = "[300ms]";
        this["mta.retry.jitter"] = "0";
        this["mta.delivery.site.dead-for"] = "300ms";
        this["mta.delivery.site.dead-for-at-most"] = "300ms";
    }

    /// <summary>Where it takes mail from servers.</summary>
    public IPEndPoint Relay { get; private set; } = null!;

    /// <summary>Where it takes mail from users by STARTTLS, after <see cref="AcceptSubmission"/>.</summary>
    public IPEndPoint Submission { get; } = new(IPAddress.Loopback, Ports.Free());

    /// <summary>Where it takes mail from users by TLS from the start, after <see cref="AcceptSubmission"/>.</summary>
    public IPEndPoint Submissions { get; } = new(IPAddress.Loopback, Ports.Free());

    public IPEndPoint Admin { get; }

    /// <summary>By what name it greets.</summary>
    public string Hostname
    {
        get => this["mta.hostname"].Trim('"');
        set => this["mta.hostname"] = Text(value);
    }

    /// <summary>A key with its value as it stands in HOCON: strings need quotes, see <see cref="Text"/>.</summary>
    public string this[string key]
    {
        get => _values[key];
        set => _values[key] = value;
    }

    /// <summary>Where its admin interface is, by HTTP or, with a certificate, by HTTPS.</summary>
    public Uri AdminUrl => new($"{(AdminCertificate is null ? "http" : "https")}://{Admin}/");

    /// <summary>The certificate of its admin interface, after <see cref="EncryptAdmin"/>.</summary>
    public CertificateFiles? AdminCertificate { get; private set; }

    /// <summary>Only clients with a certificate of this authority are heard there.</summary>
    public void EncryptAdmin(CertificateFiles files, string authority)
    {
        AdminCertificate = files;
        this["mta.admin.tls.certificate"] = Text(files.Certificate);
        this["mta.admin.tls.key"] = Text(files.Key);
        this["mta.admin.tls.authority"] = Text(authority);
    }

    /// <summary>Has it take mail from servers at another place.</summary>
    public void RelayAt(IPEndPoint endpoint)
    {
        Relay = endpoint;
        Listener("relay", endpoint);
    }

    /// <summary>Opens the two listeners for users.</summary>
    public void AcceptSubmission()
    {
        Listener("submission", Submission);
        Listener("submissions", Submissions);
        this["mta.listeners.submission.enabled"] = "on";
        this["mta.listeners.submissions.enabled"] = "on";
    }

    /// <summary>The certificates that it shows; the first one to who names no server.</summary>
    public void ShowCertificates(params CertificateFiles[] files)
    {
        foreach (var (number, file) in files.Index())
        {
            this[$"mta.tls.certificates.c{number}.certificate"] = Text(file.Certificate);
            this[$"mta.tls.certificates.c{number}.key"] = Text(file.Key);
        }
    }

    /// <summary>A quoted string.</summary>
    public static string Text(string value) => $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal)}\"";

    public override string ToString() =>
        _values.Aggregate(new StringBuilder(), (text, pair) => text.Append($"{pair.Key} = {pair.Value}\n")).ToString();

    private void Listener(string name, IPEndPoint endpoint)
    {
        this[$"mta.listeners.{name}.address"] = Text(endpoint.Address.ToString());
        this[$"mta.listeners.{name}.port"] = Number(endpoint.Port);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
