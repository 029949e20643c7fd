namespace Actors.Mta.LoadGen.Lab;

/// <summary>What a node of a lab's cluster is told of the others.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Ports">On which the nodes hear each other, in their order.</param>
/// <param name="Partitions">Of the queue.</param>
/// <param name="Database">For ADO.NET.</param>
internal sealed record PlaceInCluster(int Number, IReadOnlyList<int> Ports, int Partitions, string Database)
{
    /// <summary>How the others call it.</summary>
    public string Name => $"127.0.0.1:{Ports[Number - 1]}";

    /// <summary>HOCON.</summary>
    public string Settings => $$"""
        mta {
          journal { provider = postgresql, connection-string = "{{Database}}" }
          spool.provider = postgresql
          queue.partitions = {{Partitions}}
          cluster {
            enabled = on
            port = {{Ports[Number - 1]}}
            seeds = [{{string.Join(", ", Ports.Take(2).Select(p => $"\"127.0.0.1:{p}\""))}}]
          }
        }
        """;
}
