using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>One connection of a <see cref="ScriptedReceiver"/>: reads commands, asks the script, answers, records.</summary>
internal sealed class ReceiverConnection(ScriptedReceiver receiver, int number, Stream stream)
{
    private Stream _stream = stream;
    private WireReader _reader = new(stream);
    private string? _from;
    private string _fromParameters = "";
    private readonly List<ReceivedRecipient> _recipients = [];
    private readonly MemoryStream _chunks = new();
    private bool _tls;
    private bool _open = true;

    public async Task RunAsync(CancellationToken stop)
    {
        await AnswerAsync(ReceiverStage.Connect, "", "220 receiver.test ESMTP", stop);
        while (_open && await _reader.ReadLineAsync(stop) is { } bytes)
        {
            var line = Encoding.UTF8.GetString(bytes);
            if (!line.EndsWith("\r\n", StringComparison.Ordinal)) receiver.Note(number, "** a command line without CR");
            await CommandAsync(line.TrimEnd('\r', '\n'), stop);
        }
        receiver.Note(number, "** closed");
    }

    private async Task CommandAsync(string line, CancellationToken stop)
    {
        receiver.Note(number, line);
        var verb = line.Split(' ', 2)[0].ToUpperInvariant();
        switch (verb)
        {
            case "EHLO": await AnswerAsync(ReceiverStage.Helo, line, Offer(), stop); break;
            case "HELO": await AnswerAsync(ReceiverStage.Helo, line, "250 receiver.test", stop); break;
            case "STARTTLS": await StartTlsAsync(line, stop); break;
            case "MAIL": await MailAsync(line, stop); break;
            case "RCPT": await RcptAsync(line, stop); break;
            case "DATA": await DataAsync(line, stop); break;
            case "BDAT": await BdatAsync(line, stop); break;
            case "RSET": Reset(); await AnswerAsync(ReceiverStage.Reset, line, "250 2.0.0 ok", stop); break;
            case "NOOP": await SayAsync("250 2.0.0 ok", stop); break;
            case "QUIT": await AnswerAsync(ReceiverStage.Quit, line, "221 2.0.0 bye", stop); _open = false; break;
            default: await SayAsync("500 5.5.2 what?", stop); break;
        }
    }

    private string Offer()
    {
        if (receiver.Extensions.Count == 0) return "502 5.5.1 no EHLO here";
        string[] offered = receiver.Tls != ReceiverTls.None && !_tls ? [.. receiver.Extensions, "STARTTLS"] : [.. receiver.Extensions];
        return string.Join('\n', offered.Prepend("receiver.test").Select((text, i) => $"250{(i == offered.Length ? ' ' : '-')}{text}"));
    }

    private async Task MailAsync(string line, CancellationToken stop)
    {
        if (!await AnswerAsync(ReceiverStage.Mail, line, "250 2.1.0 ok", stop)) return;
        Reset();
        (_from, _fromParameters) = (Paths.AddressOf(line), Paths.ParametersOf(line));
    }

    private async Task RcptAsync(string line, CancellationToken stop)
    {
        if (await AnswerAsync(ReceiverStage.Rcpt, line, "250 2.1.5 ok", stop))
            _recipients.Add(new ReceivedRecipient(Paths.AddressOf(line), Paths.ParametersOf(line)));
    }

    private async Task DataAsync(string line, CancellationToken stop)
    {
        var polite = _recipients.Count > 0 ? "354 go on" : "503 5.5.1 no recipients";
        if (!await AnswerAsync(ReceiverStage.Data, line, polite, stop)) return;
        if (await _reader.ReadBodyAsync(stop) is { } body) await EndOfDataAsync(body, byBdat: false, stop);
        else _open = false;
    }

    /// <summary>The script is asked at Data for every chunk before it is read, and at EndOfData after the last.</summary>
    private async Task BdatAsync(string line, CancellationToken stop)
    {
        var parts = line.Split(' ');
        var answer = receiver.Script(Turn(ReceiverStage.Data, line));
        if (answer is ReceiverAnswer.HangUpInBody cut)
        {
            await _reader.FillAsync(cut.AfterOctets, stop);
            _open = false;
            return;
        }
        if (await _reader.ReadExactlyAsync(int.Parse(parts[1], CultureInfo.InvariantCulture), stop) is not { } chunk)
        {
            _open = false;
            return;
        }
        _chunks.Write(chunk);
        if (_recipients.Count == 0) await SayAsync("503 5.5.1 no recipients", stop);
        else if (parts.Length < 3 || answer is not null) await ActAsync(answer, "250 2.0.0 ok", null, stop);
        else await EndOfDataAsync(_chunks.ToArray(), byBdat: true, stop);
    }

    private async Task EndOfDataAsync(byte[] body, bool byBdat, CancellationToken stop)
    {
        var message = new ReceivedMessage(number, _from ?? "", _fromParameters, [.. _recipients], body, byBdat, _tls);
        receiver.Saw(message);
        Reset();
        receiver.Consume?.Invoke(message);
        await AnswerAsync(ReceiverStage.EndOfData, "", "250 2.0.0 kept", stop, message);
    }

    private async Task StartTlsAsync(string line, CancellationToken stop)
    {
        var polite = receiver.Tls == ReceiverTls.None ? "502 5.5.1 no TLS here" : "220 2.0.0 go on";
        if (!await AnswerAsync(ReceiverStage.StartTls, line, polite, stop)) return;
        if (receiver.Tls == ReceiverTls.Broken)
        {
            await _stream.WriteAsync("this is no handshake\r\n"u8.ToArray(), stop);
            _open = false;
            return;
        }
        var secure = new SslStream(_stream);
        try
        {
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificates.SelfSigned }, stop);
        }
        catch (AuthenticationException e)
        {
            receiver.Note(number, $"** {e.Message}");
            _open = false;
            return;
        }
        (_stream, _reader, _tls) = (secure, new WireReader(secure), true);
        Reset();
    }

    private void Reset()
    {
        _from = null;
        _recipients.Clear();
        _chunks.SetLength(0);
    }

    /// <returns>True when the step may go on: a reply of 2xx or 3xx was given.</returns>
    private async Task<bool> AnswerAsync(
        ReceiverStage stage, string line, string polite, CancellationToken stop, ReceivedMessage? message = null)
    {
        return await ActAsync(receiver.Script(Turn(stage, line, message)), polite, message, stop);
    }

    private ReceiverTurn Turn(ReceiverStage stage, string line, ReceivedMessage? message = null) =>
        new(stage, number, line, message?.From ?? _from, [.. message?.Addresses ?? _recipients.Select(r => r.Address)], message);

    private async Task<bool> ActAsync(ReceiverAnswer? answer, string polite, ReceivedMessage? message, CancellationToken stop)
    {
        switch (answer)
        {
            case ReceiverAnswer.Hold hold:
                await hold.Until.WaitAsync(stop);
                return await ActAsync(hold.Then, polite, message, stop);
            case ReceiverAnswer.HangUp:
                _open = false;
                return false;
            case ReceiverAnswer.HangUpInBody cut:
                await SayAsync("354 go on", stop);
                await _reader.FillAsync(cut.AfterOctets, stop);
                _open = false;
                return false;
            case ReceiverAnswer.SayAndClose last:
                await SayAsync(last.Reply, stop);
                _open = false;
                return false;
            default:
                var reply = (answer as ReceiverAnswer.Say)?.Reply ?? polite;
                var good = reply[0] is '2' or '3';
                if (message is not null) message.Accepted = good;
                await SayAsync(reply, stop);
                return good;
        }
    }

    private async Task SayAsync(string reply, CancellationToken stop)
    {
        receiver.Note(number, "  " + reply.Replace("\n", " / ", StringComparison.Ordinal));
        var wire = Encoding.UTF8.GetBytes(reply.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n");
        await _stream.WriteAsync(wire, stop);
        await _stream.FlushAsync(stop);
    }
}
