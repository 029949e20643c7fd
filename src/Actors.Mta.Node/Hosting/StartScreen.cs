using System.Net;
using Actors.Mta.Engine.Hosting;
using Actors.Mta.Engine.Settings;
using Actors.Mta.Node.Commands;
using Spectre.Console;

namespace Actors.Mta.Node.Hosting;

/// <param name="queued">Messages in the queue, if known.</param>
/// <summary>What `mta run` says when the node is up: what listens where, where the data is, what to try next. Fits 80 by 24.</summary>
internal sealed class StartScreen(MtaSettings settings, MtaNode node, string origin, int? queued)
{
    /// <summary>Networks and domains that are named; more are counted.</summary>
    private const int Shown = 2;
    private const int DefaultAdminPort = 2580;

    public void Write()
    {
        // With JSON logs, standard output belongs to the machine that reads them.
        var console = settings.Log.Format == "json" ? Terminal.Error : Terminal.Out;
        var (cluster, receives) = (settings.Cluster, settings.Cluster.Has(NodeRole.Reception));
        var listeners = receives ? settings.EnabledListeners : [];
        console.MarkupLine($"[bold green]Actors.Mta {NodeRunner.Version}[/] on [bold]{Terminal.Safe(settings.Hostname)}[/] ({Terminal.Safe(origin)})");
        console.WriteLine();
        console.MarkupLine("[grey]Listening[/]");
        for (var i = 0; i < listeners.Length; i++)
            Line(console, listeners[i].Options.Name, $"[cyan]{node.Listeners[i].Endpoint}[/]", Describe(listeners[i], node.Encrypts));
        if (!receives) Line(console, "SMTP", "off", "mta.cluster.roles has no reception");
        if (cluster.Has(NodeRole.Admin)) Line(console, "admin", $"[cyan]{settings.Admin.Endpoint}[/]", Describe(settings.Admin));
        if (cluster.Enabled) Line(console, "other nodes", $"[cyan]{cluster.Endpoint}[/]", cluster.Tls.On ? "TLS, certificates both ways" : "in the clear");
        foreach (var idle in settings.Listeners.Where(l => receives && l.Enabled == Presence.Auto && !listeners.Contains(l)))
            Line(console, idle.Options.Name, "off", "no users to log in: mta user add, mta.auth");
        console.WriteLine();
        console.MarkupLine("[grey]May send[/]");
        Line(console, "to anywhere", Terminal.Safe(Shorten("nobody", settings.Relay.Networks.Select(n => n.ToString()))), "mta.relay.networks");
        Line(console, "from anywhere", Terminal.Safe(Shorten("to no domain", OwnDomains().Select(d => "to " + d))), "mta.relay.domains, mta.recipients");
        console.WriteLine();
        console.MarkupLine("[grey]Data[/]");
        Line(console, "directory", Terminal.Safe(settings.DataDirectory), "");
        Line(console, "journal", settings.Journal.Provider, queued switch { null => "", 1 => "1 message queued", _ => $"{queued} messages queued" });
        console.WriteLine();
        if (cluster.Enabled)
        {
            console.MarkupLine("[grey]Cluster[/]");
            Line(console, "this node", $"{Terminal.Safe(cluster.Host)}:{cluster.Endpoint.Port}", string.Join(", ", cluster.Roles.Order().Select(r => r.ToString().ToLowerInvariant())));
            Line(console, "seeds", Terminal.Safe(Shorten("none", cluster.Seeds)), "mta cluster status shows who is there");
            console.WriteLine();
        }
        console.MarkupLine("[grey]Next[/]");
        if (receives) Line(console, "send", $"[bold]swaks -s {Reachable(node.Listeners[0].Endpoint)} -f you@example.test -t ADDRESS[/]", "");
        Line(console, "look", $"[bold]mta queue list{(settings.Admin.Endpoint.Port == DefaultAdminPort ? "" : $" --admin {(settings.Admin.Tls.On ? "https" : "http")}://{Reachable(settings.Admin.Endpoint)}")}[/]", "");
        Line(console, "tune", "[bold]mta config print[/], docs/configuration.md", "");
        Line(console, "stop", "Ctrl-C", "finishes what is under way; a second one aborts");
        console.WriteLine();
    }

    private IEnumerable<string> OwnDomains() =>
        settings.Relay.Domains.Concat(node.LocalDomains.Select(d => d.Value)).Distinct().Order(StringComparer.Ordinal);

    private static string Describe(AdminSettings admin)
    {
        var asked = new List<string>();
        if (admin.Tls.Authority.Length > 0) asked.Add("certificates");
        if (admin.TokensFile.Length > 0) asked.Add("tokens");
        return $"{(admin.Tls.On ? "HTTPS" : "HTTP")}, for mta queue and a browser; {(asked.Count > 0 ? $"with {string.Join(" and ", asked)}" : "no log-in")}";
    }

    private static string Describe(ListenerSettings listener, bool encrypts) => (listener.Tls, listener.Auth) switch
    {
        (TlsUse.Implicit, AuthUse.Required) => "SMTP under TLS, log-in required",
        (TlsUse.Implicit, _) => "SMTP under TLS",
        (TlsUse.Required, AuthUse.Required) => "SMTP, STARTTLS and log-in required",
        (TlsUse.Required, _) => "SMTP, STARTTLS required",
        (TlsUse.Offered, AuthUse.Required) when encrypts => "SMTP with STARTTLS, log-in required",
        (TlsUse.Offered, _) when encrypts => "SMTP with STARTTLS",
        _ => "SMTP in the clear",
    };

    private static void Line(IAnsiConsole console, string name, string markup, string remark) =>
        console.MarkupLine($"  {Terminal.Safe(name).PadRight(15)}{markup}{(remark.Length > 0 ? $"  [grey]{remark}[/]" : "")}");

    private static string Shorten(string none, IEnumerable<string> all)
    {
        var list = all.ToList();
        return list.Count switch
        {
            0 => none,
            <= Shown => string.Join(", ", list),
            _ => $"{string.Join(", ", list.Take(Shown))} and {list.Count - Shown} more",
        };
    }

    private static IPEndPoint Reachable(IPEndPoint endpoint) =>
        endpoint.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, endpoint.Port)
        : endpoint.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, endpoint.Port)
        : endpoint;
}
