using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using static Actors.Mta.IO.Tests.Spool.Bodies;

namespace Actors.Mta.IO.Tests.Spool;

/// <summary>Random histories of a spool against a dictionary.</summary>
public sealed class SpoolModelTests
{
    public enum Act { Store, StoreLarge, Adopt, Release, Discard, Crash, Restart }

    public sealed record Step(Act Act, int Which, int Size);

    public static class Histories
    {
        public static Arbitrary<Step[]> Steps()
        {
            var act = Gen.Frequency(
                (12, Gen.Constant(Act.Store)), (1, Gen.Constant(Act.StoreLarge)), (6, Gen.Constant(Act.Adopt)),
                (8, Gen.Constant(Act.Release)), (4, Gen.Constant(Act.Discard)), (1, Gen.Constant(Act.Crash)), (1, Gen.Constant(Act.Restart)));
            var step = from what in act from which in Gen.Choose(0, 999) from size in Gen.Choose(0, 4000) select new Step(what, which, size);
            return step.ListOf(80).Select(steps => steps.ToArray()).ToArbitrary();
        }
    }

    private sealed class Queued(byte[] content)
    {
        public byte[] Content => content;
        public int Owners { get; set; }
    }

    [Property(MaxTest = 40, Arbitrary = [typeof(Histories)])]
    public async Task Holds_what_is_needed_and_nothing_else_whatever_happens(Step[] steps)
    {
        var directory = new SpoolDirectory();
        var options = directory.Options with { SegmentBytes = 16 * 1024, LargeBody = 8 * 1024, CacheBytes = 300_000, CompactBelow = 0.5 };
        var model = new Dictionary<MessageId, Queued>();
        var spool = await SegmentSpool.OpenAsync(options);
        foreach (var step in steps)
        {
            if (step.Act is Act.Crash or Act.Restart)
            {
                (directory, spool) = await ReopenAsync(directory, spool, options, crash: step.Act == Act.Crash, model);
                options = options with { Directory = directory.Path };
            }
            else if (step.Act is Act.Store or Act.StoreLarge)
            {
                var (id, content) = (NewId(), Bodies.Random(step.Size + (step.Act == Act.Store ? 0 : options.LargeBody)));
                await spool.StoreAsync(id, content);
                model.Add(id, new Queued(content));
            }
            else if (model.Count > 0)
            {
                Settle(step.Act, model.Keys.ElementAt(step.Which % model.Count), step.Size, spool, model);
            }
        }
        foreach (var (id, queued) in model) Assert.Equal(queued.Content, await spool.ReadAsync(id));
        Assert.Equal(model.Count, spool.Status.Bodies);
        Assert.Equal(model.Values.Sum(q => (long)q.Content.Length), spool.Status.LiveBytes);
        await spool.DisposeAsync();
        directory.Dispose();
    }

    private static void Settle(Act act, MessageId id, int size, SegmentSpool spool, Dictionary<MessageId, Queued> model)
    {
        var queued = model[id];
        switch (act)
        {
            case Act.Adopt:
                queued.Owners = 1 + (size % 3);
                spool.AdoptAsync(id, queued.Owners);
                break;
            case Act.Release when queued.Owners > 0:
                spool.Release(id);
                if (--queued.Owners == 0) model.Remove(id);
                break;
            case Act.Discard:
                spool.Discard(id);
                if (queued.Owners == 0) model.Remove(id);
                break;
        }
    }

    /// <summary>After it only what had owners is left.</summary>
    private static async Task<(SpoolDirectory, SegmentSpool)> ReopenAsync(
        SpoolDirectory directory, SegmentSpool spool, SpoolOptions options, bool crash, Dictionary<MessageId, Queued> model)
    {
        if (crash)
        {
            var crashed = directory;
            directory = crashed.Copy();
            await spool.DisposeAsync();
            crashed.Dispose();
        }
        else
        {
            await spool.DisposeAsync();
        }
        spool = await SegmentSpool.OpenAsync(options with { Directory = directory.Path });
        foreach (var (id, queued) in model) Assert.Equal(queued.Content, await spool.ReadAsync(id));
        foreach (var id in model.Where(m => m.Value.Owners == 0).Select(m => m.Key).ToList()) model.Remove(id);
        var reconciled = await spool.ReconcileAsync(model.ToDictionary(m => m.Key, m => m.Value.Owners));
        Assert.Empty(reconciled.Missing);
        Assert.Equal(model.Count, reconciled.Kept);
        return (directory, spool);
    }
}
