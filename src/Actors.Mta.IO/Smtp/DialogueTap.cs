using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Smtp;

/// <summary>
/// The dialogues of chosen sessions, line by line, for whoever watches them at this moment. While nobody does, a line costs one look at a field.
/// Who reads too slowly misses the oldest lines. Passwords and messages are not shown. All members may be called from any thread.
/// </summary>
public sealed class DialogueTap
{
    /// <summary>Each of them has every line looked at.</summary>
    public const int MostWatchers = 16;
    private const int HeldLines = 5000;

    private readonly Lock _gate = new();
    private volatile Watcher[] _watchers = [];
    private long _sessions;

    internal bool IsWatched => _watchers.Length > 0;

    /// <param name="peer">Only sessions with a peer of this network; null: with any.</param>
    /// <param name="domain">Only sessions in which an address of this domain is named; null: all. Of those, also what was said shortly before.</param>
    /// <returns>Null: there are too many watchers. To be disposed.</returns>
    public Watcher? Watch(IPNetwork? peer, string? domain)
    {
        var watcher = new Watcher(this, peer, domain);
        lock (_gate)
        {
            if (_watchers.Length >= MostWatchers) return null;
            _watchers = [.. _watchers, watcher];
        }
        return watcher;
    }

    private void Leave(Watcher watcher)
    {
        lock (_gate) _watchers = [.. _watchers.Where(w => w != watcher)];
    }

    /// <summary>One who watches.</summary>
    public sealed class Watcher : IDisposable
    {
        private readonly DialogueTap _tap;
        private readonly IPNetwork? _peer;
        private readonly string? _domain;
        private readonly Channel<string> _lines =
            Channel.CreateBounded<string>(new BoundedChannelOptions(HeldLines) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

        internal Watcher(DialogueTap tap, IPNetwork? peer, string? domain) =>
            (_tap, _peer, _domain) = (tap, peer, domain is null ? null : $"@{domain.TrimStart('@')}");

        public ChannelReader<string> Lines => _lines.Reader;

        public void Dispose() => _tap.Leave(this);

        internal bool WantsPeer(IPAddress? peer) =>
            _peer is not { } network || peer is not null && network.Contains(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer);

        internal bool WantsAll => _domain is null;

        /// <summary>The line names an address of the domain: of it, not of one below or beside it.</summary>
        internal bool WantsLine(string line)
        {
            for (var at = 0; (at = line.IndexOf(_domain!, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
            {
                var end = at + _domain!.Length;
                if (end == line.Length || !(char.IsLetterOrDigit(line[end]) || line[end] is '-' or '.')) return true;
            }
            return false;
        }

        internal void Offer(string line) => _lines.Writer.TryWrite(line);
    }

    /// <summary>One session's part. Belongs to its connection.</summary>
    /// <param name="inbound">The peer is the client.</param>
    /// <param name="peer">Null: a socket of this machine.</param>
    /// <param name="name">The listener, or the host.</param>
    internal sealed class Session(DialogueTap tap, bool inbound, IPAddress? peer, string name)
    {
        private const int Recent = 40;

        private readonly long _number = Interlocked.Increment(ref tap._sessions);
        private readonly HashSet<Watcher> _chosen = [];
        private readonly Queue<string> _recent = new();
        private bool _secret;

        public void OfPeer(in ReadOnlySequence<byte> lines) => Octets(lines, byClient: inbound);

        public void OfUs(in ReadOnlySequence<byte> lines) => Octets(lines, byClient: !inbound);

        public void OfPeer(SmtpReply reply) => Reply(reply);

        public void OfUs(SmtpReply reply) => Reply(reply);

        /// <summary>A line of a log-in by the client, also when nobody watched yet as it was asked for.</summary>
        public void Secret()
        {
            _secret = false;
            Say("C: ", "***");
        }

        /// <summary>What is no line: TLS, a message, an end.</summary>
        public void Note(string what) => Say("   ", what);

        private void Reply(SmtpReply reply)
        {
            var wire = new ArrayBufferWriter<byte>();
            reply.WriteTo(wire);
            _secret = reply.Code == 334;
            foreach (var line in Split(Encoding.Latin1.GetString(wire.WrittenSpan))) Say("S: ", _secret ? line[..3] : line);
        }

        private void Octets(in ReadOnlySequence<byte> lines, bool byClient)
        {
            foreach (var line in Split(Encoding.Latin1.GetString(lines))) Say(byClient ? "C: " : "S: ", Hidden(line));
        }

        /// <summary>Without passwords: all that follows a mechanism, and what answers a 334 (RFC 4954).</summary>
        private string Hidden(string line)
        {
            if (_secret)
            {
                _secret = false;
                return "***";
            }
            if (!line.StartsWith("AUTH ", StringComparison.OrdinalIgnoreCase)) return line;
            var words = line.Split(' ', 3);
            return words.Length < 3 ? line : $"{words[0]} {words[1]} ***";
        }

        private void Say(string who, string line)
        {
            // What a peer said must not steer the terminal of who reads it.
            var clean = string.Concat(line.Select(c => char.IsControl(c) ? '\uFFFD' : c));
            var text = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} #{_number} {(inbound ? "from" : "to")} {(peer is null ? name : $"{name}[{peer}]")} {who}{clean}");
            _recent.Enqueue(text);
            if (_recent.Count > Recent) _recent.Dequeue();
            foreach (var watcher in tap._watchers)
            {
                if (_chosen.Contains(watcher)) watcher.Offer(text);
                else if (watcher.WantsPeer(peer) && (watcher.WantsAll || watcher.WantsLine(clean)))
                {
                    _chosen.Add(watcher);
                    foreach (var earlier in _recent) watcher.Offer(earlier);
                }
            }
        }

        private static IEnumerable<string> Split(string lines) => lines.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
