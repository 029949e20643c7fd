using System.Net;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>What a node of a lab's cluster is told of the others.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Nodes">Where the nodes hear each other, in their order.</param>
/// <param name="Partitions">Of the queue.</param>
/// <param name="Database">For ADO.NET.</param>
/// <param name="Certificates">Directory of what `mta cluster certificates` made; null for none.</param>
/// <param name="Namespace">The network namespace that it runs in; null for the lab's own.</param>
internal sealed record PlaceInCluster(int Number, IReadOnlyList<IPEndPoint> Nodes, int Partitions, string Database, string? Certificates, string? Namespace)
{
    private IPEndPoint Own => Nodes[Number - 1];

    public IPAddress Address => Own.Address;

    /// <summary>How the others call it.</summary>
    public string Name => Own.ToString();

    /// <summary>HOCON.</summary>
    public string Settings => $$"""
        mta {
          journal { provider = postgresql, connection-string = "{{Database}}" }
          spool.provider = postgresql
          queue.partitions = {{Partitions}}
          relay.networks = ["127.0.0.0/8", "10.98.76.0/24"]
          cluster {
            enabled = on
            address = "{{Own.Address}}"
            port = {{Own.Port}}
            seeds = [{{string.Join(", ", Nodes.Take(2).Select(n => $"\"{n}\""))}}]
            {{(Certificates is null ? "" : $"tls {{ certificate = \"{Certificates}/{Own.Address}.pem\", key = \"{Certificates}/{Own.Address}.key\", authority = \"{Certificates}/authority.pem\" }}")}}
          }
        }
        """;
}
