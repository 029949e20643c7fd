using System.Diagnostics;
using System.Globalization;
using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Dns;
using Actors.Mta.IO.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.Node.Doctor;

/// <summary>How others see this node: its name in DNS and back, its certificates. Asks mta.dns, and nobody else.</summary>
internal static class NetChecks
{
    private static readonly TimeSpan SlowDns = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SoonOver = TimeSpan.FromDays(14);

    public static async Task<List<Finding>> RunAsync(MtaSettings settings, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        await AddNameAsync(settings, findings, cancel);
        findings.AddRange(Certificates(settings));
        return findings;
    }

    private static async Task AddNameAsync(MtaSettings settings, List<Finding> findings, CancellationToken cancel)
    {
        const string subject = "host name";
        if (!settings.Hostname.Contains('.', StringComparison.Ordinal))
        {
            findings.Add(Finding.Poor(subject, $"{settings.Hostname} is no full name", "set mta.hostname to the name under which this node is in DNS; many servers refuse mail from others (RFC 5321 4.1.1.1)"));
            return;
        }
        var start = Stopwatch.GetTimestamp();
        var answer = await new MxResolver(settings.Dns).ResolveHostAsync(settings.Hostname, cancel);
        var time = Stopwatch.GetElapsedTime(start);
        if (answer is MxAnswer.TemporaryFailure failure)
        {
            findings.Add(Finding.Bad("DNS", failure.Reason, "mail needs DNS: look at mta.dns.servers, or /etc/resolv.conf"));
            return;
        }
        var fact = string.Create(CultureInfo.InvariantCulture, $"answers in {time.TotalMilliseconds:0} ms");
        findings.Add(time < SlowDns ? Finding.Good("DNS", fact) : Finding.Poor("DNS", fact, "a resolver on this machine (unbound) saves that for each new domain"));
        var addresses = answer is MxAnswer.Hosts { All: [var host, ..] } ? host.Addresses : [];
        if (addresses.IsEmpty)
        {
            findings.Add(Finding.Poor(subject, $"{settings.Hostname} has no address in DNS", "add an A record; servers that check the name in EHLO refuse mail otherwise"));
            return;
        }
        findings.Add(Finding.Good(subject, $"{settings.Hostname} is {string.Join(", ", addresses)}"));
        var lookup = new ClientLookup(settings.Dns);
        foreach (var address in addresses) findings.Add(await BackAsync(lookup, address, settings.Hostname, cancel));
    }

    /// <summary>PTR, confirmed by its own addresses: what large receivers ask of who sends to them.</summary>
    private static async Task<Finding> BackAsync(ClientLookup lookup, IPAddress address, string hostname, CancellationToken cancel)
    {
        var subject = $"PTR of {address}";
        var name = await lookup.FindNameAsync(address, cancel);
        if (name.FailureIsTemporary) return Finding.Poor(subject, "could not be looked up now", "ask again; if it stays so, ask who delegates the address");
        if (name.Host is null) return Finding.Poor(subject, "is missing, or does not lead back to the address", $"have the provider of the address point it to {hostname}; large receivers refuse or distrust mail otherwise");
        return DomainName.TryParse(hostname, out var own) && name.Host == own.Value
            ? Finding.Good(subject, name.Host)
            : Finding.Poor(subject, $"{name.Host}, not {hostname}", "one name for both is what receivers like best");
    }

    private static IEnumerable<Finding> Certificates(MtaSettings settings)
    {
        if (settings.Tls.Certificates.IsEmpty)
        {
            yield return settings.Tls.SelfSigned
                ? Finding.Poor("certificates", "none of your own: a self-signed one is made", "mta.tls.certificates; clients that check names will not log in with that one")
                : Finding.Poor("certificates", "none: mail comes in the clear only", "mta.tls.certificates");
            yield break;
        }
        ServerCertificates? loaded = null;
        string? problem = null;
        try
        {
            loaded = ServerCertificates.Open(new CertificateOptions([.. settings.Tls.Certificates.Select(c => c.Source)]), NullLogger.Instance);
        }
        catch (CertificateException e)
        {
            problem = e.Message;
        }
        if (problem is not null) yield return Finding.Bad("certificates", problem, "the node does not start with it");
        foreach (var facts in loaded?.Facts ?? []) yield return Of(facts, settings.Hostname);
    }

    private static Finding Of(CertificateFacts facts, string hostname)
    {
        var (subject, left) = ($"certificate {facts.File}", facts.NotAfter - DateTimeOffset.UtcNow);
        var fact = $"for {string.Join(", ", facts.Names)}, until {facts.NotAfter:yyyy-MM-dd}";
        if (left <= TimeSpan.Zero) return Finding.Bad(subject, fact, "it is over: clients that check it do not talk to this node");
        if (left < SoonOver) return Finding.Poor(subject, fact, "renew it; the node reads the new files by itself");
        return facts.Names.Contains(hostname, StringComparer.OrdinalIgnoreCase) || facts.SelfSigned
            ? Finding.Good(subject, fact)
            : Finding.Poor(subject, fact, $"it does not name {hostname}, which the greeting does");
    }
}
