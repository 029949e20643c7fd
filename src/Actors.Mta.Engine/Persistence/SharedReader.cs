using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Persistence.Wire;

namespace Actors.Mta.Engine.Persistence;

/// <summary>The texts, replies and envelopes of one row, read once and shared by all its messages.</summary>
internal sealed class SharedReader
{
    private readonly string[] _texts;
    private readonly SmtpReply[] _replies;
    private readonly Envelope[] _envelopes;

    public SharedReader(Shared? shared, ValuePool pool)
    {
        shared ??= new Shared();
        _texts = new string[shared.Texts.Count];
        for (var i = 0; i < _texts.Length; i++) _texts[i] = pool.Text(shared.Texts[i]);
        _replies = Replies(shared.Replies ?? new Replies(), pool);
        _envelopes = Envelopes(shared.Envelopes ?? new Envelopes());
    }

    public string? Text(uint place) => place == 0 ? null : At(_texts, place, "text");

    public EmailAddress Address(uint place) => EmailAddress.FromTrusted(Text(place) ?? "");

    public DomainName Domain(uint place) => Text(place) is { } text ? DomainName.FromCanonical(text) : default;

    public SmtpReply? Reply(uint place) => place == 0 ? null : At(_replies, place, "reply");

    public Envelope Envelope(uint place) => At(_envelopes, place, "envelope");

    /// <summary>For fields that are never "none".</summary>
    public static T Required<T>(T? value, string what) where T : class =>
        value ?? throw new SerializationException($"The queue's journal holds an entry without its {what}.");

    private static T At<T>(T[] table, uint place, string what) =>
        place - 1 < (uint)table.Length
            ? table[place - 1]
            : throw new SerializationException($"The queue's journal refers to {what} {place} of {table.Length}.");

    private SmtpReply[] Replies(Replies table, ValuePool pool)
    {
        var rows = table.Code.Count;
        var status = new Column<ulong>(table.Status, rows, "Replies.status");
        var lineCount = new Column<uint>(table.LineCount, rows, "Replies.line_count");
        var line = new Column<uint>(table.Line, Columns.Sum(table.LineCount), "Replies.line");
        var replies = new SmtpReply[rows];
        var next = 0;
        for (var i = 0; i < rows; i++)
        {
            var lines = new string[lineCount[i]];
            for (var j = 0; j < lines.Length; j++) lines[j] = Required(Text(line[next++]), "reply text");
            var reply = new SmtpReply((int)table.Code[i], Status(status[i]), ImmutableCollectionsMarshal.AsImmutableArray(lines));
            replies[i] = pool.Reply(reply);
        }
        return replies;
    }

    private static EnhancedStatus? Status(ulong value) =>
        value == 0 ? null : new EnhancedStatus((byte)((value - 1) >> 32), (ushort)((value - 1) >> 16), (ushort)(value - 1));

    private Envelope[] Envelopes(Envelopes table)
    {
        var rows = table.IdHigh.Count;
        var low = new Column<ulong>(table.IdLow, rows, "Envelopes.id_low");
        var sender = new Column<uint>(table.Sender, rows, "Envelopes.sender");
        var arrived = new Column<long>(table.Arrived, rows, "Envelopes.arrived");
        var size = new Column<long>(table.Size, rows, "Envelopes.size");
        var flags = new Column<uint>(table.Flags, rows, "Envelopes.flags");
        var envelopeId = new Column<uint>(table.EnvelopeId, rows, "Envelopes.envelope_id");
        var client = new Column<uint>(table.Client, rows, "Envelopes.client");
        var tenant = new Column<uint>(table.Tenant, rows, "Envelopes.tenant");
        var campaign = new Column<uint>(table.Campaign, rows, "Envelopes.campaign");
        var envelopes = new Envelope[rows];
        for (var i = 0; i < rows; i++)
        {
            var id = new MessageId(table.IdHigh[i], low[i]);
            var (body, utf8, ret) = WireEnums.Envelope(flags[i]);
            envelopes[i] = new Envelope(
                id, Address(sender[i]), WireTime.At(WireTime.Of(id) + arrived[i]), size[i], body, utf8, ret,
                Text(envelopeId[i]), Text(client[i]), Text(tenant[i]), Text(campaign[i]));
        }
        return envelopes;
    }
}
