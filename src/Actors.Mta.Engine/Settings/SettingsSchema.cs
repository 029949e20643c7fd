using Actors.Mta.Core.Configuration;

namespace Actors.Mta.Engine.Settings;

/// <summary>All keys under mta.</summary>
public static class SettingsSchema
{
    private static readonly Lazy<ConfigSchema> Read = new(() =>
    {
        var notes = new ReadNotes(listingKeys: true);
        SettingsReader.Read(ConfigSection.Root(notes, EmbeddedConfig.Reference.Root));
        return new ConfigSchema(notes, "mta", "akka");
    });

    public static ConfigSchema Instance => Read.Value;
}
