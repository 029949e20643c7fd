using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Delivery;

/// <summary>One message for a peer.</summary>
public sealed record ClientTransaction(Envelope Envelope, ImmutableArray<Recipient> Recipients);

/// <summary>
/// The client's side of one mail transaction as a state machine without a socket. The transport sends what
/// <see cref="Next"/> says and hands every reply to <see cref="OnReply"/>, until <see cref="Next"/> says Done.
/// With PIPELINING the MAIL, RCPT and DATA commands go out in one group (RFC 2920), with many recipients in several.
/// <para>
/// A peer of LMTP answers a message once for each recipient that it accepted, in order (RFC 2033 4.2), and each is settled by
/// its own reply; all else is the same.
/// </para>
/// <para>
/// A reply that fits nowhere (354 to RCPT, 250 to DATA) means that replies can no longer be told apart; then the dialogue ends
/// at once, whoever has no outcome yet is deferred, and the connection is not used again.
/// </para>
/// </summary>
/// <param name="transaction">What to send; a dialogue is made for each transaction.</param>
/// <param name="preferChunking">True: BDAT instead of DATA where CHUNKING is offered (RFC 3030).</param>
public sealed class ClientDialogue(ClientTransaction transaction, PeerCapabilities peer, string host, bool preferChunking = false)
{
    /// <summary>
    /// Recipients in one pipelined group. Their replies fit any socket buffer, so that client and server never wait for each
    /// other with full buffers (RFC 2920 3.1).
    /// </summary>
    internal const int GroupSize = 100;

    private enum Phase { Start, Envelope, Data, Body, EmptyEnd, Reset, Done }

    private readonly RecipientOutcome?[] _outcomes = new RecipientOutcome?[transaction.Recipients.Length];
    private readonly bool _chunking = preferChunking && peer.Chunking;
    private ArrayBufferWriter<byte>? _commands;
    private Phase _phase = Phase.Start;
    private SmtpStage _stage = SmtpStage.Mail;
    private bool _utf8;
    private bool _mailOffered, _mailAnswered, _dataOffered, _dataReady;
    private bool _open, _broken, _inDoubt;
    private RecipientOutcome? _mailRefusal;
    private int _offered, _answered, _accepted;

    public ClientTransaction Transaction { get; } = transaction;
    public PeerCapabilities Peer { get; } = peer;
    public string Host { get; } = host;

    /// <summary>
    /// How many replies are still to be read before <see cref="Next"/> may be asked. It falls by one with each
    /// <see cref="OnReply"/>, and to 0 at once when nothing more can be hoped for (421, a broken dialogue).
    /// </summary>
    public int Awaited { get; private set; }

    /// <summary>The stage reached, for deadlines (RFC 5321 4.5.3.2); RSET counts as MAIL.</summary>
    public SmtpStage Stage => _phase switch
    {
        Phase.Start => SmtpStage.Mail,
        Phase.Envelope when Awaited > 0 && !_mailAnswered => SmtpStage.Mail,
        Phase.Envelope => _answered < _offered || Awaited == 0 ? SmtpStage.Rcpt : SmtpStage.Data,
        Phase.Data => SmtpStage.Data,
        Phase.Body => SmtpStage.Body,
        Phase.EmptyEnd => SmtpStage.AfterDot,
        Phase.Reset => SmtpStage.Mail,
        _ => _stage,
    };

    /// <summary>How many recipients one transaction with this peer may have: RCPTMAX (RFC 9422) or what is configured, if less.</summary>
    public static int MaxRecipients(PeerCapabilities peer, int configured) =>
        Math.Max(1, Math.Min(configured, peer.RecipientsMax ?? configured));

    /// <summary>What to do now. After Send, read <see cref="Awaited"/> replies, giving each to <see cref="OnReply"/>; then ask again.</summary>
    /// <exception cref="InvalidOperationException">Replies are still awaited.</exception>
    public ClientStep Next()
    {
        if (Awaited > 0) throw new InvalidOperationException($"{Awaited} replies are still to be read.");
        if (_phase == Phase.Start) Begin();
        return _phase switch
        {
            Phase.Envelope => OfferEnvelope(),
            Phase.Data => Sending(ClientCommands.Data, 1),
            Phase.Body => SendingBody(),
            Phase.EmptyEnd => Sending(ClientCommands.EmptyEnd, 1),
            Phase.Reset => Sending(ClientCommands.Reset, 1),
            _ => new ClientStep.Done(new TransactionResult(
                ImmutableCollectionsMarshal.AsImmutableArray<RecipientOutcome>(_outcomes!), !_broken, _inDoubt)),
        };
    }

    /// <summary>
    /// The next expected reply came in. Those to the body are handed in when all of the body is sent, or earlier when the peer
    /// refuses it before; such a connection is the transport's to close. Replies after the end of the dialogue are ignored.
    /// </summary>
    /// <exception cref="InvalidOperationException">No reply is awaited.</exception>
    public void OnReply(SmtpReply reply)
    {
        if (_phase == Phase.Done) return;
        if (Awaited == 0) throw new InvalidOperationException("No reply is awaited.");
        if (reply.Code == 421)
        {
            Break(ReplyClassifier.Classify(Stage, reply, Host, false));
            return;
        }
        switch (Stage)
        {
            case var _ when _phase == Phase.Reset:
                _broken = reply.Code is not (>= 200 and < 300);
                End();
                break;
            case SmtpStage.Mail: OnMailReply(reply); break;
            case SmtpStage.Rcpt: OnRcptReply(reply); break;
            case SmtpStage.Data: OnDataReply(reply); break;
            default: OnMessageReply(reply); break;
        }
        if (_phase != Phase.Done && --Awaited == 0 && _phase == Phase.Envelope) AfterGroup();
    }

    /// <summary>
    /// The connection was lost or a deadline passed at this point; Next will say Done, with the connection unusable. While the
    /// body is under way the result is in doubt: a transport that knows that the end of the message was not sent clears that.
    /// </summary>
    /// <param name="reason">Such as "connection reset" or "timed out after 300 s".</param>
    public void OnLost(string reason)
    {
        if (_phase == Phase.Done) return;
        _inDoubt = _phase == Phase.Body;
        var reply = SmtpReply.Of(451, "4.4.2", $"Connection with {Host} lost {Doing(Stage)}: {reason}");
        Break(new RecipientOutcome.Deferred(reply, Host, DeferralClass.Transport));
    }

    /// <summary>Refuses in advance what this peer cannot take; the rest, if any, is offered.</summary>
    private void Begin()
    {
        var envelope = Transaction.Envelope;
        _utf8 = Peer.SmtpUtf8 && (envelope.SmtpUtf8 || NeedsUtf8());
        _phase = Phase.Envelope;
        // RFC 1870 6.1: a message known to be too large is not even offered.
        if (Peer.Size is > 0 and var limit && envelope.Size > limit)
            Settle(Failure(552, "5.3.4", $"Message of {envelope.Size} octets is larger than the {limit} that {Host} takes"));
        // RFC 6531 3.2: no address in UTF-8 to a peer without SMTPUTF8. Whether the header needs it is not known here, and
        // messages sent with SMTPUTF8 for no need are common, so ASCII addresses suffice to send without it.
        else if (!Peer.SmtpUtf8 && NeedsUtf8())
            RefuseUtf8();
        Skip(ref _offered);
        Skip(ref _answered);
        if (_offered == _outcomes.Length) End();
    }

    private bool NeedsUtf8() =>
        !Transaction.Envelope.Sender.IsAscii || Transaction.Recipients.Any(static r => !r.Address.IsAscii);

    private void RefuseUtf8()
    {
        var failure = Failure(550, "5.6.7", $"{Host} does not take addresses in UTF-8 (SMTPUTF8)");
        var sender = !Transaction.Envelope.Sender.IsAscii;
        for (var i = 0; i < _outcomes.Length; i++)
            if (sender || !Transaction.Recipients[i].Address.IsAscii) _outcomes[i] = failure;
    }

    private RecipientOutcome.Failed Failure(int code, string status, string text) => new(SmtpReply.Of(code, status, text), Host);

    /// <summary>The next group of commands: all there is with PIPELINING, else one.</summary>
    private ClientStep.Send OfferEnvelope()
    {
        var commands = _commands ??= new ArrayBufferWriter<byte>(160 + 48 * Math.Min(GroupSize, _outcomes.Length));
        commands.ResetWrittenCount();
        var replies = 0;
        if (!_mailOffered)
        {
            ClientCommands.WriteMail(commands, Transaction.Envelope, Peer, _utf8);
            _mailOffered = true;
            replies++;
        }
        for (var room = Peer.Pipelining ? GroupSize : 1 - replies; room > 0 && _offered < _outcomes.Length; room--)
        {
            ClientCommands.WriteRcpt(commands, Transaction.Envelope, Transaction.Recipients[_offered], Peer, _utf8);
            _offered++;
            Skip(ref _offered);
            replies++;
        }
        if (Peer.Pipelining && !_chunking && _offered == _outcomes.Length)
        {
            commands.Write(ClientCommands.Data.Span);
            _dataOffered = true;
            replies++;
        }
        return Sending(commands.WrittenMemory, replies);
    }

    private ClientStep.SendBody SendingBody()
    {
        Awaited = Peer.Lmtp ? _outcomes.Count(static o => o is null) : 1;
        if (!_chunking) return new ClientStep.SendBody(null);
        _commands!.ResetWrittenCount();
        ClientCommands.WriteBdat(_commands, Transaction.Envelope.Size);
        return new ClientStep.SendBody(_commands.WrittenMemory);
    }

    private ClientStep.Send Sending(ReadOnlyMemory<byte> commands, int replies)
    {
        Awaited = replies;
        return new ClientStep.Send(commands, replies);
    }

    private void OnMailReply(SmtpReply reply)
    {
        _mailAnswered = true;
        if (IsSuccess(reply)) _open = true;
        else if (!IsRefusal(reply)) BreakOn(SmtpStage.Mail, reply);
        else _mailRefusal = ReplyClassifier.Classify(SmtpStage.Mail, reply, Host, false);
    }

    private void OnRcptReply(SmtpReply reply)
    {
        var recipient = _answered++;
        Skip(ref _answered);
        if (IsSuccess(reply)) (_open, _accepted) = (true, _accepted + 1);
        else if (!IsRefusal(reply)) BreakOn(SmtpStage.Rcpt, reply);
        // What RCPT says behind a refused MAIL (503) is no word on the recipient.
        else if (_mailRefusal is null) _outcomes[recipient] = ReplyClassifier.Classify(SmtpStage.Rcpt, reply, Host, false);
    }

    private void OnDataReply(SmtpReply reply)
    {
        if (reply.Code is >= 300 and < 400) _dataReady = true;
        else if (!IsRefusal(reply)) BreakOn(SmtpStage.Data, reply);
        else if (_mailRefusal is null && _accepted > 0) Settle(ReplyClassifier.Classify(SmtpStage.Data, reply, Host, false));
        if (_phase == Phase.Data) _phase = _dataReady ? Phase.Body : Phase.Reset;
    }

    /// <summary>The last word on the message. Behind an empty end it concerns nobody.</summary>
    private void OnMessageReply(SmtpReply reply)
    {
        if (!IsSuccess(reply) && !IsRefusal(reply)) BreakOn(SmtpStage.AfterDot, reply);
        else if (_phase == Phase.EmptyEnd) _phase = Phase.Reset;
        else if (Peer.Lmtp) OnRecipientReply(reply);
        else
        {
            Settle(ReplyClassifier.Classify(SmtpStage.AfterDot, reply, Host, Peer.Dsn));
            End();
        }
    }

    /// <summary>The last word on the next recipient who is still without one.</summary>
    private void OnRecipientReply(SmtpReply reply)
    {
        var outcome = ReplyClassifier.Classify(SmtpStage.AfterDot, reply, Host, Peer.Dsn);
        _outcomes[Array.IndexOf(_outcomes, null)] = outcome is RecipientOutcome.Delivered d ? d with { Final = true } : outcome;
        if (Array.IndexOf(_outcomes, null) < 0) End();
    }

    /// <summary>All replies of a group of MAIL, RCPT and maybe DATA are in.</summary>
    private void AfterGroup()
    {
        if (_mailRefusal is null && _offered < _outcomes.Length) return;
        var accepted = _mailRefusal is null && _accepted > 0;
        if (_mailRefusal is not null) Settle(_mailRefusal);
        if (!_dataOffered && accepted) _phase = _chunking ? Phase.Body : Phase.Data;
        // RFC 2033 4.2: DATA must fail when nobody was accepted. Where it does not, nothing tells how many replies an end would get.
        else if (_dataReady && !accepted && Peer.Lmtp) Abandon();
        // RFC 2920 3.1: DATA was let in although nobody was accepted; an empty message ends it, and reaches nobody.
        else if (_dataReady) _phase = accepted ? Phase.Body : Phase.EmptyEnd;
        else if (_open) _phase = Phase.Reset;
        else End();
    }

    /// <summary>Gives the outcome to every recipient who has none yet.</summary>
    private void Settle(RecipientOutcome outcome)
    {
        foreach (ref var slot in _outcomes.AsSpan()) slot ??= outcome;
    }

    private void BreakOn(SmtpStage stage, SmtpReply reply)
    {
        var told = SmtpReply.Of(451, "4.5.0", $"{Host} gave a reply that does not fit {Doing(stage)}: {reply}");
        Break(new RecipientOutcome.Deferred(told, Host, DeferralClass.Transport));
    }

    private void Break(RecipientOutcome outcome)
    {
        Settle(_mailRefusal ?? outcome);
        _broken = true;
        End();
    }

    /// <summary>Everyone has an outcome, but the connection cannot be used again.</summary>
    private void Abandon()
    {
        _broken = true;
        End();
    }

    private void End()
    {
        _stage = Stage;
        _phase = Phase.Done;
        Awaited = 0;
    }

    /// <summary>Passes over recipients who were refused in advance.</summary>
    private void Skip(ref int recipient)
    {
        while (recipient < _outcomes.Length && _outcomes[recipient] is not null) recipient++;
    }

    private static bool IsSuccess(SmtpReply reply) => reply.Code is >= 200 and < 300;

    private static bool IsRefusal(SmtpReply reply) => reply.IsTransient || reply.IsPermanent;

    private static string Doing(SmtpStage stage) => stage switch
    {
        SmtpStage.Mail => "at MAIL FROM",
        SmtpStage.Rcpt => "at RCPT TO",
        SmtpStage.Data => "at DATA",
        SmtpStage.Body => "while the message was sent or its reply awaited",
        _ => "after the end of the message",
    };
}
