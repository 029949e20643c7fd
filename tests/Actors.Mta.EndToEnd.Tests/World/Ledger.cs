using System.Collections.Concurrent;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// The account of a run: which numbers got a 250, which arrived how often, and which arrived changed. The promise is that
/// nothing accepted is lost.
/// </summary>
public sealed class Ledger(int octets)
{
    private readonly ConcurrentDictionary<int, bool> _accepted = new();
    private readonly ConcurrentDictionary<int, int> _arrived = new();
    private int _changed;
    private int _issued;
    private int _arrivals;

    /// <summary>Octets of each message.</summary>
    public int Octets { get; } = octets;

    /// <summary>Numbers given to messages; more than were accepted when connections were lost.</summary>
    public int Issued => Volatile.Read(ref _issued);

    public int Accepted => _accepted.Count;

    /// <summary>Arrivals in all, duplicates included.</summary>
    public int Arrivals => Volatile.Read(ref _arrivals);

    /// <summary>Accepted and not arrived (yet).</summary>
    public int Missing => _accepted.Keys.Count(number => !_arrived.ContainsKey(number));

    /// <summary>Arrivals beyond the first of each number.</summary>
    public int Duplicates => _arrived.Values.Sum(count => count - 1);

    /// <summary>Arrived although the client never saw the 250: the connection was lost just then.</summary>
    public int Unconfirmed => _arrived.Keys.Count(number => !_accepted.ContainsKey(number));

    /// <summary>Arrivals that were not, octet for octet, what was sent.</summary>
    public int Changed => Volatile.Read(ref _changed);

    public int Issue() => Interlocked.Increment(ref _issued);

    public void Accept(int number) => _accepted[number] = true;

    /// <summary>To be a receiver's <see cref="ScriptedReceiver.Consume"/>.</summary>
    public void Arrive(ReceivedMessage message)
    {
        var content = message.Content;
        var number = NumberedMail.NumberOf(content);
        var whole = number > 0
            && content.AsSpan().SequenceEqual(NumberedMail.Message(number, Octets))
            && message.Addresses.SequenceEqual([NumberedMail.Recipient(number)]);
        if (!whole) Interlocked.Increment(ref _changed);
        if (number > 0) _arrived.AddOrUpdate(number, 1, (_, count) => count + 1);
        Interlocked.Increment(ref _arrivals);
    }

    public override string ToString() =>
        $"""
        | sent (numbers used)        | {Issued,8} |
        | accepted (250)             | {Accepted,8} |
        | arrived                    | {Arrivals,8} |
        | arrived without a seen 250 | {Unconfirmed,8} |
        | lost                       | {Missing,8} |
        | duplicates                 | {Duplicates,8} |
        | changed                    | {Changed,8} |
        """;
}
