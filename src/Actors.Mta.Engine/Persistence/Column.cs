using System.Runtime.Serialization;
using Google.Protobuf.Collections;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// One field of a table, read by row. An empty column reads as the default in every row (see the head of queue.proto);
/// any other length than the table's is damage.
/// </summary>
internal readonly struct Column<T> where T : unmanaged
{
    private readonly RepeatedField<T>? _values;

    public Column(RepeatedField<T> values, int rows, string name)
    {
        if (values.Count != 0 && values.Count != rows)
            throw new SerializationException($"The queue's journal holds {values.Count} values of {name} for {rows} rows.");
        _values = values.Count == 0 ? null : values;
    }

    public T this[int row] => _values is null ? default : _values[row];
}

/// <summary>Writing side of <see cref="Column{T}"/>.</summary>
internal static class Columns
{
    /// <summary>Leaves a column out when it says nothing.</summary>
    public static void DropDefaults<T>(RepeatedField<T> values) where T : unmanaged, IEquatable<T>
    {
        foreach (var value in values)
            if (!value.Equals(default)) return;
        values.Clear();
    }

    /// <summary>The same for enums, which have no <see cref="IEquatable{T}"/>.</summary>
    public static void DropEnumDefaults<T>(RepeatedField<T> values) where T : unmanaged, Enum
    {
        foreach (var value in values)
            if (!EqualityComparer<T>.Default.Equals(value, default)) return;
        values.Clear();
    }

    public static void Check(uint expected, int found, string what)
    {
        if (expected != (uint)found) throw new SerializationException($"The queue's journal holds {found} {what} where {expected} belong.");
    }

    /// <summary>The sum of a count column, which is the length of the table it counts.</summary>
    public static int Sum(RepeatedField<uint> counts)
    {
        long sum = 0;
        foreach (var count in counts) sum += count;
        return sum <= int.MaxValue ? (int)sum : throw new SerializationException($"The queue's journal counts {sum} rows.");
    }
}
