using Actors.Mta.Node.Admin;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>Watches what an operator asked for being done, for terminals. Whoever stops watching stops nothing.</summary>
internal static class OperationProgress
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    /// <param name="done">"returned"</param>
    /// <param name="messages">How many it is about.</param>
    public static Task ShowAsync(AdminClient client, string done, int messages, CancellationToken cancel) =>
        Terminal.Out.Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var task = progress.AddTask($"messages {done}", maxValue: messages);
                while ((await client.SummaryAsync(cancel)).ToDo is var left and > 0)
                {
                    task.Value = Math.Max(task.Value, messages - left);
                    await Task.Delay(Every, cancel);
                }
                task.Value = messages;
            });
}
