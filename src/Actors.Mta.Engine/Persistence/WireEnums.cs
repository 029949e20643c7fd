using System.Runtime.Serialization;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Queue;
using WireAction = Actors.Mta.Engine.Persistence.Wire.Action;
using WireFate = Actors.Mta.Engine.Persistence.Wire.Fate;

namespace Actors.Mta.Engine.Persistence;

/// <summary>
/// The numbers of enums and flags on the wire, spelled out both ways, so that reordering an enum in Core cannot change
/// what a journal means.
/// </summary>
internal static class WireEnums
{
    private const uint EightBit = 1, Utf8 = 2, ReturnFull = 4, ReturnHeaders = 8;
    private const uint EnvelopeFlags = EightBit | Utf8 | ReturnFull | ReturnHeaders;
    private const uint NotifyNever = 1, NotifySuccess = 2, NotifyFailure = 4, NotifyDelay = 8;
    private const uint NotifyFlags = NotifyNever | NotifySuccess | NotifyFailure | NotifyDelay;

    public static uint Flags(Envelope envelope) =>
        envelope.Body switch
        {
            BodyType.SevenBit => 0,
            BodyType.EightBitMime => EightBit,
            _ => throw Unwritable(envelope.Body),
        }
        | (envelope.SmtpUtf8 ? Utf8 : 0)
        | envelope.Return switch
        {
            DsnReturn.Unspecified => 0,
            DsnReturn.Full => ReturnFull,
            DsnReturn.Headers => ReturnHeaders,
            _ => throw Unwritable(envelope.Return),
        };

    public static (BodyType Body, bool SmtpUtf8, DsnReturn Return) Envelope(uint flags)
    {
        if ((flags & ~EnvelopeFlags) != 0) throw Unknown("envelope flags", flags);
        var ret = (flags & (ReturnFull | ReturnHeaders)) switch
        {
            0 => DsnReturn.Unspecified,
            ReturnFull => DsnReturn.Full,
            ReturnHeaders => DsnReturn.Headers,
            _ => throw Unknown("envelope flags", flags),
        };
        return ((flags & EightBit) != 0 ? BodyType.EightBitMime : BodyType.SevenBit, (flags & Utf8) != 0, ret);
    }

    public static uint Notify(DsnNotify notify)
    {
        const DsnNotify all = DsnNotify.Never | DsnNotify.Success | DsnNotify.Failure | DsnNotify.Delay;
        if ((notify & ~all) != 0) throw Unwritable(notify);
        return (notify.HasFlag(DsnNotify.Never) ? NotifyNever : 0)
            | (notify.HasFlag(DsnNotify.Success) ? NotifySuccess : 0)
            | (notify.HasFlag(DsnNotify.Failure) ? NotifyFailure : 0)
            | (notify.HasFlag(DsnNotify.Delay) ? NotifyDelay : 0);
    }

    public static DsnNotify Notify(uint flags)
    {
        if ((flags & ~NotifyFlags) != 0) throw Unknown("notify flags", flags);
        return ((flags & NotifyNever) != 0 ? DsnNotify.Never : 0)
            | ((flags & NotifySuccess) != 0 ? DsnNotify.Success : 0)
            | ((flags & NotifyFailure) != 0 ? DsnNotify.Failure : 0)
            | ((flags & NotifyDelay) != 0 ? DsnNotify.Delay : 0);
    }

    public static WireAction Action(DsnAction action) => action switch
    {
        DsnAction.None => WireAction.None,
        DsnAction.Failed => WireAction.Failed,
        DsnAction.Delayed => WireAction.Delayed,
        DsnAction.Delivered => WireAction.Delivered,
        DsnAction.Relayed => WireAction.Relayed,
        DsnAction.Expanded => WireAction.Expanded,
        _ => throw Unwritable(action),
    };

    public static DsnAction Action(WireAction action) => action switch
    {
        WireAction.None => DsnAction.None,
        WireAction.Failed => DsnAction.Failed,
        WireAction.Delayed => DsnAction.Delayed,
        WireAction.Delivered => DsnAction.Delivered,
        WireAction.Relayed => DsnAction.Relayed,
        WireAction.Expanded => DsnAction.Expanded,
        _ => throw Unknown("Action", (uint)action),
    };

    public static WireFate Fate(RecipientFate fate) => fate switch
    {
        RecipientFate.Open => WireFate.Open,
        RecipientFate.Settled => WireFate.Settled,
        RecipientFate.OwesFailed => WireFate.OwesFailed,
        RecipientFate.OwesRelayed => WireFate.OwesRelayed,
        RecipientFate.OwesDelivered => WireFate.OwesDelivered,
        _ => throw Unwritable(fate),
    };

    public static RecipientFate Fate(WireFate fate) => fate switch
    {
        WireFate.Open => RecipientFate.Open,
        WireFate.Settled => RecipientFate.Settled,
        WireFate.OwesFailed => RecipientFate.OwesFailed,
        WireFate.OwesRelayed => RecipientFate.OwesRelayed,
        WireFate.OwesDelivered => RecipientFate.OwesDelivered,
        _ => throw Unknown("Fate", (uint)fate),
    };

    /// <summary>A number that a newer version may have written.</summary>
    public static SerializationException Unknown(string what, uint value) =>
        new($"The queue's journal holds {what} {value}, which this version does not know; was it written by a newer one?");

    private static ArgumentOutOfRangeException Unwritable(Enum value) =>
        new(value.GetType().Name, value, "The queue's serializer has no number for this value.");
}
