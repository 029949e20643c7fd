using System.Runtime.CompilerServices;
using Actors.Mta.Core.Mail;
using Actors.Mta.IO.Spool;
using FsCheck.Xunit;

namespace Actors.Mta.IO.Tests.Spool;

public sealed class BodyIndexTests
{
    [Fact]
    public void Holds_a_million_bodies_in_less_than_80_MB()
    {
        const int Million = 1_000_000;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new BodyIndex();
        for (ulong i = 0; i < Million; i++) index.Add(new MessageId(i >> 10, i));
        var octets = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(octets, 1, 80_000_000);
        Assert.Equal(Million, index.Count);
    }

    [Property(MaxTest = 200)]
    public bool Behaves_as_a_dictionary((byte Key, bool Remove)[] steps)
    {
        var (index, model) = (new BodyIndex(), new Dictionary<MessageId, int>());
        for (var i = 0; i < steps.Length; i++)
        {
            var id = new MessageId(0, steps[i].Key);
            if (steps[i].Remove)
            {
                index.Remove(id);
                model.Remove(id);
            }
            else if (model.TryAdd(id, i))
            {
                index.Add(id).Offset = i;
            }
        }
        return index.Count == model.Count
            && index.Ids().ToHashSet().SetEquals(model.Keys)
            && model.All(m => index.Find(m.Key).Offset == m.Value)
            && Unsafe.IsNullRef(ref index.Find(new MessageId(1, 0)));
    }

    [Fact]
    public void Finds_all_after_growing_over_removed_ones()
    {
        var index = new BodyIndex();
        for (ulong i = 0; i < 50_000; i++)
        {
            index.Add(new MessageId(1, i)).Offset = (int)i;
            if (i % 3 == 0) index.Remove(new MessageId(1, i / 2));
        }
        foreach (var id in index.Ids()) Assert.Equal((int)id.Low, index.Find(id).Offset);
    }
}
