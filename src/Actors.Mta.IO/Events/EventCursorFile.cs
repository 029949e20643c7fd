namespace Actors.Mta.IO.Events;

/// <summary>Keeps where a reader of an event log is, beside the log: over restarts, and whole whenever the node ends.</summary>
/// <param name="directory">Of the log.</param>
/// <param name="name">Of the reader.</param>
public sealed class EventCursorFile(string directory, string name)
{
    private readonly string _path = Path.Combine(directory, name + ".cursor");

    /// <summary>Null: there is none, or none that can be read.</summary>
    public EventCursor? Read()
    {
        try
        {
            return EventCursor.TryParse(File.ReadAllText(_path), out var cursor) ? cursor : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">It is where it was.</exception>
    public void Write(EventCursor cursor)
    {
        var half = _path + ".part";
        File.WriteAllText(half, cursor.ToString());
        File.Move(half, _path, overwrite: true);
    }
}
