using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>Three nodes with PostgreSQL under load from `mta-load`; one is killed. The receiver takes two connections in all.</summary>
public class ClusterTakesOver
{
    [SkippableFact]
    public async Task A_node_is_killed_and_the_others_deliver_its_mail_within_the_limits_of_the_receiver()
    {
        Programs.RequireRoot("PostgreSQL is started under its own account");
        Skip.IfNot(Directory.Exists("/usr/lib/postgresql"), "PostgreSQL is not installed");
        var report = Path.Combine(Directory.CreateTempSubdirectory("mta-cluster-").FullName, "report");

        var lab = await Programs.RunAsync(
            SourceTree.Program("Actors.Mta.LoadGen", "mta-load"),
            [
                "lab", "--plain", "--mta", SourceTree.Program("Actors.Mta.Node", "mta"), "--out", report, "--scenario", "two-connections",
                "--set", "load.sources.main.duration=32s", "--set", "load.sources.main.rate=50/s",
                "--set", "load.faults { killed { kind = kill, at = 4s, for = 16s } }",
                "--expect", "lost=0,damaged=0,queued=0,turned-away=0,overlapping-owners=0,accepted>1000",
            ],
            within: TimeSpan.FromMinutes(5));

        lab.Succeeded();
    }
}
