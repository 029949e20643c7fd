using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Source;

/// <summary>
/// One session of a source: takes the next message, sends it, accounts for it, again and again. A connection that fails is made
/// anew, with a growing pause so that a dead server is not stormed; a message that was refused is not sent again.
/// </summary>
internal sealed class SourceSession(
    SourceOptions options, SourceSchedule schedule, CopyNumbers numbers, SourceLedger ledger, MessageFactory factory, int index)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Random _random = new(HashCode.Combine(options.Seed, index));
    private readonly ArrayBufferWriter<byte> _message = new(16384);
    private readonly ArrayBufferWriter<byte> _envelope = new(1024);
    private readonly List<string> _recipients = [];
    private readonly List<bool> _taken = [];
    private SourceConnection? _connection;
    private int _sentOnConnection;
    private int _failures;
    /// <summary>How often it went on to the next server.</summary>
    private int _turns;

    /// <summary>Until the schedule has no more messages, or the run is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (await schedule.NextAsync(cancel) is { } due)
            {
                ledger.Begin();
                try
                {
                    await SendAsync(due, cancel);
                }
                finally
                {
                    ledger.End();
                }
            }
            if (_connection is not null) await QuitAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The run ends; what was under way is in doubt, and counted so.
        }
        finally
        {
            _connection?.Dispose();
        }
    }

    private async Task SendAsync(long due, CancellationToken cancel)
    {
        var serial = numbers.NextSerial();
        var count = options.Recipients.SampleWhole(_random);
        var first = numbers.NextCopies(count);
        _recipients.Clear();
        for (var i = 0; i < count; i++) _recipients.Add(LoadAddress.Of(first + i, options.Domains.Pick(_random)));
        var wide = factory.Write(_message, serial, due, options.Sender, _recipients[0], dotted: !options.Chunking, _random);
        var progress = new Progress();
        try
        {
            var connection = await ConnectedAsync(cancel);
            if (options.Chunking && !connection.Offered.Contains("CHUNKING")) throw new IOException("BDAT was asked for, but the server does not offer CHUNKING");
            connection.Rearm();
            await TransactAsync(connection, wide, progress, cancel);
            connection.Disarm();
            ledger.Replies.Add(progress.Final.Code.ToString(CultureInfo.InvariantCulture));
            if (progress.Final.Code == 250)
            {
                ledger.Accept(_message.WrittenCount);
                ledger.Took(RunClock.Now - due);
                ledger.Dot.Record(RunClock.Now - progress.DotAt);
            }
            else
            {
                ledger.Refusals.Add(progress.Final.Text);
            }
            _failures = 0;
            if (++_sentOnConnection == options.PerConnection) await QuitAsync(cancel);
            // 421: the server closes (RFC 5321 3.8).
            else if (progress.Final.Code == 421)
            {
                Drop();
                _turns++;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or ObjectDisposedException)
        {
            ledger.Replies.Add(Name(e));
            ledger.Refusals.Add(e.Message);
            Drop();
            _turns++;
            await PauseAsync(cancel);
        }
        finally
        {
            for (var i = 0; i < count; i++) ledger.Mark(first + i, Fate(progress, i));
        }
    }

    private byte Fate(Progress progress, int recipient) => progress.Final.Code switch
    {
        _ when recipient < _taken.Count && !_taken[recipient] => SourceLedger.Refused,
        250 => SourceLedger.Accepted,
        // All of it was sent, and no last word came: also a recipient whose own reply was still on its way (pipelining).
        0 when progress.DotAt > 0 => SourceLedger.InDoubt,
        _ => SourceLedger.Refused,
    };

    private async ValueTask<SourceConnection> ConnectedAsync(CancellationToken cancel)
    {
        if (_connection is { } there) return there;
        _sentOnConnection = 0;
        return _connection = await SourceConnection.OpenAsync(options, options.Targets[(index + _turns) % options.Targets.Length], cancel);
    }

    private async Task TransactAsync(SourceConnection connection, bool wide, Progress progress, CancellationToken cancel)
    {
        _taken.Clear();
        var pipelining = options.Pipelining && connection.Offered.Contains("PIPELINING");
        var body = wide && connection.Offered.Contains("8BITMIME") ? " BODY=8BITMIME" : "";
        _envelope.ResetWrittenCount();
        Append($"MAIL FROM:<{options.Sender}>{body}\r\n");
        if (!pipelining) await SendEnvelopeAsync(connection, cancel);
        var mail = pipelining ? default : await connection.ReadAsync(cancel);
        if (!pipelining && mail.Code != 250)
        {
            progress.Final = mail;
            return;
        }
        foreach (var recipient in _recipients)
        {
            Append($"RCPT TO:<{recipient}>\r\n");
            if (pipelining) continue;
            await SendEnvelopeAsync(connection, cancel);
            Take(await connection.ReadAsync(cancel), progress);
        }
        if (pipelining)
        {
            if (options.Chunking) AppendChunk(progress);
            else Append("DATA\r\n");
            await SendEnvelopeAsync(connection, cancel);
            mail = await connection.ReadAsync(cancel);
            foreach (var _ in _recipients) Take(await connection.ReadAsync(cancel), progress);
        }
        else if (!_taken.Contains(true))
        {
            progress.Final = progress.Refusal;
            await connection.SayAsync("RSET", cancel);
            return;
        }
        await EndAsync(connection, mail, pipelining, progress, cancel);
    }

    private async Task EndAsync(SourceConnection connection, SourceReply mail, bool pipelining, Progress progress, CancellationToken cancel)
    {
        if (options.Chunking)
        {
            if (!pipelining)
            {
                AppendChunk(progress);
                await SendEnvelopeAsync(connection, cancel);
            }
        }
        else
        {
            if (!pipelining)
            {
                Append("DATA\r\n");
                await SendEnvelopeAsync(connection, cancel);
            }
            var data = await connection.ReadAsync(cancel);
            if (data.Code != 354)
            {
                progress.Final = Worse(mail, progress.Refusal.Code >= 400 ? progress.Refusal : data);
                return;
            }
            progress.DotAt = RunClock.Now;
            await connection.WriteAsync(_message.WrittenMemory, cancel);
        }
        var last = await connection.ReadAsync(cancel);
        progress.Final = Worse(mail, last);
    }

    private void AppendChunk(Progress progress)
    {
        Append($"BDAT {_message.WrittenCount} LAST\r\n");
        _envelope.Write(_message.WrittenSpan);
        progress.DotAt = RunClock.Now;
    }

    private void Take(SourceReply reply, Progress progress)
    {
        // 251: will forward (RFC 5321 3.4).
        var taken = reply.Code is 250 or 251;
        _taken.Add(taken);
        if (taken) return;
        progress.Refusal = reply;
        ledger.Refusals.Add(reply.Text);
    }

    private static SourceReply Worse(SourceReply mail, SourceReply last) => mail.Code >= 400 ? mail : last;

    private async ValueTask SendEnvelopeAsync(SourceConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync(_envelope.WrittenMemory, cancel);
        _envelope.ResetWrittenCount();
    }

    private async Task QuitAsync(CancellationToken cancel)
    {
        try
        {
            _connection!.Rearm();
            await _connection.SayAsync("QUIT", cancel);
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or ObjectDisposedException)
        {
            // It had closed already; nothing was under way.
            ledger.Replies.Add("QUIT unanswered");
        }
        Drop();
    }

    private void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private Task PauseAsync(CancellationToken cancel) =>
        Task.Delay(TimeSpan.FromMilliseconds(Math.Min(LongestPause.TotalMilliseconds, 5 << Math.Min(_failures++, 8))), cancel);

    private void Append(string text) => _envelope.Advance(Encoding.ASCII.GetBytes(text, _envelope.GetSpan(text.Length)));

    private static string Name(Exception e) => e switch
    {
        UnexpectedReplyException unexpected => unexpected.Reply.Code.ToString(CultureInfo.InvariantCulture),
        TimeoutException => "time-out",
        SocketException { SocketErrorCode: var code } => code.ToString(),
        _ => "connection lost",
    };

    /// <summary>How far a message has come.</summary>
    private sealed class Progress
    {
        /// <summary>When all of it had been handed to the connection; 0: not yet.</summary>
        public long DotAt { get; set; }

        /// <summary>The last refusal of a recipient; code 0 while there is none.</summary>
        public SourceReply Refusal { get; set; }

        /// <summary>The reply that decided; code 0 while there is none.</summary>
        public SourceReply Final { get; set; }
    }
}
