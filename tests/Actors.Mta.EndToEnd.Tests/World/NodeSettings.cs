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
        Relay = new IPEndPoint(IPAddress.Loopback, Ports.Free());
        Admin = new IPEndPoint(IPAddress.Loopback, Ports.Free());
        this["mta.hostname"] = "mta.test";
        this["mta.data"] = Text(data);
        this["mta.listeners.relay.address"] = Text(Relay.Address.ToString());
        this["mta.listeners.relay.port"] = Number(Relay.Port);
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

    public IPEndPoint Relay { get; }

    public IPEndPoint Admin { get; }

    /// <summary>A key with its value as it stands in HOCON: strings need quotes, see <see cref="Text"/>.</summary>
    public string this[string key]
    {
        get => _values[key];
        set => _values[key] = value;
    }

    /// <summary>A quoted string.</summary>
    public static string Text(string value) => $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal)}\"";

    public override string ToString() =>
        _values.Aggregate(new StringBuilder(), (text, pair) => text.Append($"{pair.Key} = {pair.Value}\n")).ToString();

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
