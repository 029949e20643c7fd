using System.Globalization;

namespace Actors.Mta.LoadGen.Lab;

/// <summary>What /proc/PID/stat says of a process (proc(5)).</summary>
/// <param name="CpuSeconds">User and system.</param>
/// <param name="ChildrenCpuSeconds">Of children that have ended.</param>
/// <param name="ResidentMiB">In memory.</param>
internal readonly record struct ProcessStat(double CpuSeconds, double ChildrenCpuSeconds, double ResidentMiB)
{
    /// <exception cref="IOException">There is no such process.</exception>
    public static async Task<ProcessStat> ReadAsync(int process)
    {
        var stat = await File.ReadAllTextAsync($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Select(f => double.TryParse(f, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
        // Fields 14 to 17 (in ticks of 1/100 s) and 24 (pages), counted from 1; the first here is the third.
        return new ProcessStat((fields[11] + fields[12]) / 100, (fields[13] + fields[14]) / 100, fields[21] * Environment.SystemPageSize / 1048576);
    }
}
