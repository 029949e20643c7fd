using System.Collections.Immutable;
using System.Threading.Channels;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Actors.Mta.Node.Logging;

/// <summary>The log for whoever follows it at this moment. Who reads too slowly misses the oldest lines; mail waits for nobody.</summary>
internal sealed class FollowedLog(ITextFormatter format) : ILogEventSink
{
    /// <summary>Each of them has every line looked at.</summary>
    public const int MostFollowers = 16;
    private const int HeldLines = 2000;

    private readonly Lock _gate = new();
    private ImmutableArray<Follower> _followers = [];

    /// <param name="match">Only lines with this text, in any case; "": all.</param>
    /// <returns>Null: there are too many followers.</returns>
    public Follower? Follow(string match)
    {
        var follower = new Follower(this, match);
        lock (_gate)
        {
            if (_followers.Length >= MostFollowers) return null;
            _followers = _followers.Add(follower);
        }
        return follower;
    }

    public void Emit(LogEvent logEvent)
    {
        var followers = _followers;
        if (followers.IsEmpty) return;
        using var line = new StringWriter();
        format.Format(logEvent, line);
        // What a peer said must not steer the terminal of who reads it.
        var text = string.Concat(line.ToString().TrimEnd().Select(c => char.IsControl(c) && c != '\n' ? '\uFFFD' : c));
        foreach (var follower in followers) follower.Offer(text);
    }

    private void Leave(Follower follower)
    {
        lock (_gate) _followers = _followers.Remove(follower);
    }

    /// <summary>One who follows; to be disposed.</summary>
    public sealed class Follower(FollowedLog log, string match) : IDisposable
    {
        private readonly Channel<string> _lines =
            Channel.CreateBounded<string>(new BoundedChannelOptions(HeldLines) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

        public ChannelReader<string> Lines => _lines.Reader;

        public void Dispose() => log.Leave(this);

        internal void Offer(string line)
        {
            if (match.Length == 0 || line.Contains(match, StringComparison.OrdinalIgnoreCase)) _lines.Writer.TryWrite(line);
        }
    }
}
