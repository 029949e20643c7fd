using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Persistence.Wire;
using Google.Protobuf.Collections;

namespace Actors.Mta.Engine.Persistence;

/// <summary>Collects the texts, replies and envelopes of one row, each once, and hands out their places (index + 1; 0 is none).</summary>
/// <param name="messages">About how many will come: room for them is made at once.</param>
internal sealed class SharedWriter(int messages)
{
    private readonly Dictionary<string, uint> _texts = new(messages, StringComparer.Ordinal);
    private readonly Dictionary<SmtpReply, uint> _replies = [];
    private readonly Dictionary<MessageId, uint> _envelopes = new(messages);
    private readonly List<Envelope> _envelopeRows = new(messages);
    private readonly Shared _shared = new() { Replies = new Replies(), Envelopes = new Envelopes() };

    public uint Text(string? text)
    {
        if (text is null) return 0;
        if (_texts.TryGetValue(text, out var place)) return place;
        _shared.Texts.Add(text);
        return _texts[text] = (uint)_shared.Texts.Count;
    }

    public uint Address(EmailAddress address) => address.IsNull ? 0 : Text(address.Text);

    public uint Reply(SmtpReply? reply)
    {
        if (reply is null) return 0;
        if (_replies.TryGetValue(reply, out var place)) return place;
        var table = _shared.Replies;
        table.Code.Add((uint)reply.Code);
        table.Status.Add(reply.Status is { } s ? 1 + ((ulong)s.Class << 32 | (ulong)s.Subject << 16 | s.Detail) : 0);
        table.LineCount.Add((uint)reply.Lines.Length);
        foreach (var line in reply.Lines) table.Line.Add(Text(line));
        return _replies[reply] = (uint)table.Code.Count;
    }

    /// <summary>Envelopes are told apart by their id; should two differ under one id, both are kept.</summary>
    public uint Envelope(Envelope envelope)
    {
        if (_envelopes.TryGetValue(envelope.Id, out var place) && _envelopeRows[(int)place - 1].Equals(envelope)) return place;
        _envelopeRows.Add(envelope);
        var table = _shared.Envelopes;
        table.IdHigh.Add(envelope.Id.High);
        table.IdLow.Add(envelope.Id.Low);
        table.Sender.Add(Address(envelope.Sender));
        table.Arrived.Add(envelope.Arrived.UtcTicks - WireTime.Of(envelope.Id));
        table.Size.Add(envelope.Size);
        table.Flags.Add(WireEnums.Flags(envelope));
        table.EnvelopeId.Add(Text(envelope.EnvelopeId));
        table.Client.Add(Text(envelope.Client));
        table.Tenant.Add(Text(envelope.Tenant));
        table.Campaign.Add(Text(envelope.Campaign));
        return _envelopes[envelope.Id] = (uint)_envelopeRows.Count;
    }

    public Shared Finish()
    {
        Columns.DropDefaults(_shared.Replies.Status);
        var envelopes = _shared.Envelopes;
        Columns.DropDefaults(envelopes.Sender);
        Columns.DropDefaults(envelopes.Arrived);
        Columns.DropDefaults(envelopes.Flags);
        Columns.DropDefaults(envelopes.EnvelopeId);
        Columns.DropDefaults(envelopes.Client);
        Columns.DropDefaults(envelopes.Tenant);
        Columns.DropDefaults(envelopes.Campaign);
        return _shared;
    }
}
