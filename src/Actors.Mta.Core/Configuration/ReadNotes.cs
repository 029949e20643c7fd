
namespace Actors.Mta.Core.Configuration;

/// <summary>What was found out while reading: which keys exist, which maps have keys of the user's choice, what is wrong.</summary>
/// <param name="listingKeys">True: nothing is read for use, only the keys are of interest.</param>
public sealed class ReadNotes(bool listingKeys)
{
    private readonly HashSet<(ConfigSource?, string)> _told = [];

    public bool ListingKeys { get; } = listingKeys;
    public OrderedDictionary<string, SettingKey> Keys { get; } = [];
    public HashSet<string> Maps { get; } = [];
    public List<ConfigProblem> Problems { get; } = [];

    /// <summary>Notes a problem once, however many readers stumble over it.</summary>
    public void Add(ConfigSource? source, string message, bool fatal)
    {
        if (_told.Add((source, message))) Problems.Add(new ConfigProblem(source, message, fatal));
    }
}
