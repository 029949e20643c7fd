using System.Diagnostics.CodeAnalysis;

namespace Actors.Mta.Core.Users;

/// <summary>A table of bounded size that forgets what was written longest ago. Not for several threads at once.</summary>
public sealed class RecentTable<TKey, TValue>(int capacity) where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _order = [];

    public int Count => _nodes.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = _nodes.TryGetValue(key, out var node);
        value = found ? node!.Value.Value : default;
        return found;
    }

    public void Set(TKey key, TValue value)
    {
        if (_nodes.TryGetValue(key, out var node))
        {
            node.Value = (key, value);
            _order.Remove(node);
            _order.AddLast(node);
            return;
        }
        if (_nodes.Count >= capacity && _order.First is { } oldest)
        {
            _order.RemoveFirst();
            _nodes.Remove(oldest.Value.Key);
        }
        _nodes[key] = _order.AddLast((key, value));
    }

    public void Remove(TKey key)
    {
        if (_nodes.Remove(key, out var node)) _order.Remove(node);
    }
}
