using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Actors.Mta.LoadGen.Messages;

namespace Actors.Mta.LoadGen.Sink;

/// <summary>One connection to a sink: a receiver that takes everything, except what its personality is there to refuse.</summary>
internal sealed class SinkSession(Socket socket, IPAddress client, HostState host, SinkLedger ledger, SslServerAuthenticationOptions? tls)
{
    private readonly SinkWire _wire = new(socket);
    private readonly List<long> _copies = [];
    private byte[] _sender = [];
    private bool _mail;
    private int _recipients;
    private int _messages;
    private MemoryStream? _chunks;

    private Personality Personality => host.Personality;

    /// <summary>Until the client or the personality ends it. Failures of the connection end it quietly: that is a client's right.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        ledger.Open();
        var entered = false;
        try
        {
            if (host.Outage is { Kind: not OutageKind.Defers } outage)
            {
                await SufferAsync(outage, cancel);
                return;
            }
            if (Personality.GreetingDelay is { } delay) await DelayAsync(delay, cancel);
            if (host.Enter(client) is { } refusal)
            {
                await LastWordAsync(refusal, cancel);
                return;
            }
            entered = true;
            _wire.Reply($"220 {Personality.Hostname} ESMTP");
            while (await StepAsync(cancel)) ;
            await _wire.FlushAsync(cancel);
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            if (e is InvalidDataException) ledger.Refusals.Add(e.Message);
        }
        catch (AuthenticationException)
        {
            ledger.Refusals.Add("TLS handshake failed");
        }
        finally
        {
            if (entered) host.Leave(client);
            _wire.Dispose();
            ledger.Close();
        }
    }

    private async Task SufferAsync(Outage outage, CancellationToken cancel)
    {
        switch (outage.Kind)
        {
            case OutageKind.Silent:
                ledger.Refusals.Add("outage: silent");
                await _wire.ReadLineAsync(cancel);
                while (true) await _wire.ReadLineAsync(cancel);
            case OutageKind.Busy:
                await LastWordAsync(Personality.Texts.Busy, cancel);
                break;
            default:
                ledger.Refusals.Add("outage: closed");
                _wire.Abort();
                break;
        }
    }

    /// <summary>Reads one command and answers it.</summary>
    /// <returns>False when the connection is at its end.</returns>
    private async ValueTask<bool> StepAsync(CancellationToken cancel)
    {
        if (!_wire.HasInput || _wire.IsFull) await _wire.FlushAsync(cancel);
        var line = await _wire.ReadLineAsync(cancel);
        if (!Personality.Outages.IsEmpty && host.Outage is { Kind: OutageKind.Closes })
        {
            ledger.Refusals.Add("outage: closed");
            _wire.Abort();
            return false;
        }
        if (Personality.ReplyDelay is { } delay) await DelayAsync(delay, cancel);
        switch (VerbOf(line.Span))
        {
            case Verb.Ehlo:
                Greet();
                return true;
            case Verb.Helo:
                _wire.Reply($"250 {Personality.Hostname}");
                return true;
            case Verb.Mail:
                return await OnMailAsync(line, cancel);
            case Verb.Rcpt:
                OnRecipient(line.Span);
                return true;
            case Verb.Data:
                return await OnDataAsync(cancel);
            case Verb.Bdat:
                return await OnChunkAsync(line, cancel);
            case Verb.StartTls:
                return await OnStartTlsAsync(cancel);
            case Verb.Rset:
                Reset();
                _wire.Reply("250 2.0.0 Ok");
                return true;
            case Verb.Noop:
                _wire.Reply("250 2.0.0 Ok");
                return true;
            case Verb.Quit:
                _wire.Reply("221 2.0.0 Bye");
                return false;
            case Verb.Unknown:
                _wire.Reply("502 5.5.1 Command not recognized");
                return true;
            default:
                throw new InvalidOperationException();
        }
    }

    private void Greet()
    {
        _wire.Reply($"250-{Personality.Hostname}");
        _wire.Reply("250-PIPELINING");
        _wire.Reply("250-8BITMIME");
        _wire.Reply("250-SMTPUTF8");
        _wire.Reply("250-CHUNKING");
        if (Personality.StartTls != StartTlsBehaviour.Off && !_wire.IsSecured) _wire.Reply("250-STARTTLS");
        _wire.Reply("250-ENHANCEDSTATUSCODES");
        _wire.Reply(string.Create(CultureInfo.InvariantCulture, $"250 SIZE {Personality.MessageSize}"));
    }

    private async ValueTask<bool> OnMailAsync(ReadOnlyMemory<byte> line, CancellationToken cancel)
    {
        if (host.Mail(client, _messages) is { } refusal)
        {
            if (refusal.StartsWith("421", StringComparison.Ordinal))
            {
                await LastWordAsync(refusal, cancel);
                return false;
            }
            Refuse(refusal);
            return true;
        }
        Reset();
        _mail = true;
        if (Personality.Greylist is not null) _sender = Path(line.Span).ToArray();
        _wire.Reply("250 2.1.0 Ok");
        return true;
    }

    private void OnRecipient(ReadOnlySpan<byte> line)
    {
        var recipient = Path(line);
        if (!_mail) _wire.Reply("503 5.5.1 MAIL first");
        else if (recipient.IsEmpty) _wire.Reply("501 5.1.3 Bad recipient");
        else if (host.Recipient(client, _sender, recipient, _recipients) is { } refusal) Refuse(refusal);
        else
        {
            _recipients++;
            if (LoadAddress.TryRead(recipient, out var copy)) _copies.Add(copy);
            _wire.Reply("250 2.1.5 Ok");
        }
    }

    private async ValueTask<bool> OnDataAsync(CancellationToken cancel)
    {
        if (_recipients == 0)
        {
            _wire.Reply(_mail ? "554 5.5.1 No valid recipients" : "503 5.5.1 MAIL first");
            return true;
        }
        _wire.Reply("354 End data with <CR><LF>.<CR><LF>");
        await _wire.FlushAsync(cancel);
        if (Tossed(Personality.DropInData))
        {
            ledger.Refusals.Add("dropped in DATA");
            await _wire.ReadLineAsync(cancel);
            _wire.Abort();
            return false;
        }
        var content = await _wire.ReadContentAsync(Personality.MessageSize * 2, cancel);
        return await ReceiveAsync(content[..ArrivedMessage.Unstuff(content.Span)], cancel);
    }

    private async ValueTask<bool> OnChunkAsync(ReadOnlyMemory<byte> line, CancellationToken cancel)
    {
        var last = line.Span.TrimEnd((byte)' ').EndsWith("LAST"u8) || line.Span.TrimEnd((byte)' ').EndsWith("last"u8);
        if (!Utf8Parser.TryParse(line.Span["BDAT ".Length..], out int octets, out _) || octets < 0 || octets > Personality.MessageSize)
        {
            // Where the next command begins is not known any more (RFC 3030 2).
            await LastWordAsync("501 5.5.4 Bad chunk size", cancel);
            return false;
        }
        var chunk = await _wire.ReadChunkAsync(octets, cancel);
        if (_recipients == 0)
        {
            _wire.Reply("503 5.5.1 No valid recipients");
            return true;
        }
        if (last && _chunks is null) return await ReceiveAsync(chunk, cancel);
        _chunks ??= new MemoryStream();
        if (_chunks.Length + octets <= Personality.MessageSize) _chunks.Write(chunk.Span);
        if (last) return await ReceiveAsync(_chunks.ToArray(), cancel);
        _wire.Reply("250 2.0.0 Ok");
        return true;
    }

    private async ValueTask<bool> ReceiveAsync(ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        if (Personality.DotDelay is { } delay) await DelayAsync(delay, cancel);
        if (content.Length > Personality.MessageSize)
        {
            Refuse("552 5.3.4 Message too large");
        }
        else if (Tossed(Personality.DropAfterDot))
        {
            ledger.Refusals.Add("dropped after the dot");
            _wire.Abort();
            return false;
        }
        else
        {
            ArrivedMessage.Account(content.Span, _copies, ledger);
            _wire.Reply("250 2.0.0 Ok");
        }
        _messages++;
        Reset();
        return true;
    }

    private async ValueTask<bool> OnStartTlsAsync(CancellationToken cancel)
    {
        switch (Personality.StartTls)
        {
            case StartTlsBehaviour.Works when tls is not null && !_wire.IsSecured:
                _wire.Reply("220 2.0.0 Ready to start TLS");
                await _wire.FlushAsync(cancel);
                await _wire.SecureAsync(tls, cancel);
                Reset();
                return true;
            case StartTlsBehaviour.Refuses:
                Refuse("454 4.7.0 TLS not available due to temporary reason");
                return true;
            case StartTlsBehaviour.Garbage:
                await LastWordAsync("220 2.0.0 Ready to start TLS\r\nThis is not TLS.", cancel);
                return false;
            case StartTlsBehaviour.Closes:
                await LastWordAsync("220 2.0.0 Ready to start TLS", cancel);
                return false;
            default:
                _wire.Reply("502 5.5.1 STARTTLS is not offered");
                return true;
        }
    }

    private void Refuse(string reply)
    {
        ledger.Refusals.Add(reply);
        _wire.Reply(reply);
    }

    private async Task LastWordAsync(string reply, CancellationToken cancel)
    {
        Refuse(reply);
        await _wire.FlushAsync(cancel);
    }

    private void Reset()
    {
        (_mail, _recipients, _sender, _chunks) = (false, 0, [], null);
        _copies.Clear();
    }

    private async ValueTask DelayAsync(Distribution delay, CancellationToken cancel)
    {
        var seconds = delay.Sample(Random.Shared);
        if (seconds > 0) await Task.Delay(TimeSpan.FromSeconds(seconds), cancel);
    }

    private static bool Tossed(double part) => part > 0 && Random.Shared.NextDouble() < part;

    /// <summary>What is between the first &lt; and the &gt; behind it.</summary>
    private static ReadOnlySpan<byte> Path(ReadOnlySpan<byte> line)
    {
        var open = line.IndexOf((byte)'<');
        if (open < 0) return default;
        var close = line[open..].IndexOf((byte)'>');
        return close < 0 ? default : line.Slice(open + 1, close - 1);
    }

    private enum Verb { Unknown, Ehlo, Helo, Mail, Rcpt, Data, Bdat, Rset, Noop, Quit, StartTls }

    private static Verb VerbOf(ReadOnlySpan<byte> line)
    {
        if (line.Length < 4) return Verb.Unknown;
        Span<byte> word = stackalloc byte[4];
        Ascii.ToUpper(line[..4], word, out _);
        return word switch
        {
            _ when word.SequenceEqual("MAIL"u8) => Verb.Mail,
            _ when word.SequenceEqual("RCPT"u8) => Verb.Rcpt,
            _ when word.SequenceEqual("DATA"u8) => Verb.Data,
            _ when word.SequenceEqual("EHLO"u8) => Verb.Ehlo,
            _ when word.SequenceEqual("QUIT"u8) => Verb.Quit,
            _ when word.SequenceEqual("BDAT"u8) && line.Length > 5 => Verb.Bdat,
            _ when word.SequenceEqual("HELO"u8) => Verb.Helo,
            _ when word.SequenceEqual("RSET"u8) => Verb.Rset,
            _ when word.SequenceEqual("NOOP"u8) => Verb.Noop,
            _ when Ascii.EqualsIgnoreCase(line, "STARTTLS"u8) => Verb.StartTls,
            _ => Verb.Unknown,
        };
    }
}
