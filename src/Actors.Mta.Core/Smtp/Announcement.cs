using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Actors.Mta.Core.Sasl;

namespace Actors.Mta.Core.Smtp;

/// <summary>
/// What a policy makes the server say of itself: greeting and answers to HELO and EHLO, made once for each policy. The answer to
/// EHLO has a variant for each <see cref="Channel"/>, with and without XCLIENT; each is made when it is first needed.
/// </summary>
internal sealed class Announcement
{
    private static readonly ConditionalWeakTable<SessionPolicy, Announcement> Made = new();

    // In the order of the answer to EHLO.
    private static readonly ImmutableArray<SmtpExtensions> All =
        [.. Enum.GetValues<SmtpExtensions>().Where(e => e is not (SmtpExtensions.None or SmtpExtensions.Help)), SmtpExtensions.Help];

    private readonly SessionPolicy _policy;
    private readonly SmtpExtensions _enabled;
    private readonly Variant?[] _variants = new Variant?[6];

    private Announcement(SessionPolicy policy)
    {
        _policy = policy;
        _enabled = EnabledBy(policy);
        Greeting = SmtpReply.Of(220, null, $"{policy.Hostname} {policy.Banner}".TrimEnd()).Encoded();
        Helo = SmtpReply.Of(250, null, policy.Hostname).Encoded();
    }

    /// <summary>How safe the connection is; it decides over STARTTLS and the mechanisms.</summary>
    private enum Channel { Clear, Tls, Bound }

    /// <summary>An answer to EHLO and what it promises.</summary>
    internal sealed record Variant(SmtpExtensions Offered, SmtpReply Ehlo);

    public SmtpReply Greeting { get; }
    public SmtpReply Helo { get; }
    /// <summary>RFC 2034, which is honoured before EHLO too.</summary>
    public bool HasEnhancedStatus => (_enabled & SmtpExtensions.EnhancedStatusCodes) != 0;
    public bool HasHelp => (_enabled & SmtpExtensions.Help) != 0;
    /// <summary>The policy has STARTTLS, whether or not it can be said now.</summary>
    public bool HasStartTls => _policy.StartTls && (_enabled & SmtpExtensions.StartTls) != 0;
    /// <summary>The policy has AUTH, whether or not it can be said now.</summary>
    public bool HasAuth => !_policy.Mechanisms.IsDefaultOrEmpty && (_enabled & SmtpExtensions.Auth) != 0;

    public static Announcement Of(SessionPolicy policy) => Made.GetValue(policy, static p => new Announcement(p));

    /// <param name="facts">Null: in the clear, to a client like any other.</param>
    public Variant For(SessionFacts? facts)
    {
        var channel = ChannelOf(facts);
        var xclient = facts is { MayXclient: true };
        // Two sessions may both make it; either will do.
        return _variants[((int)channel * 2) + (xclient ? 1 : 0)] ??= Make(channel, xclient);
    }

    /// <summary>True when this mechanism may be used as things stand.</summary>
    public bool Allows(string mechanism, SessionFacts? facts) => HasAuth && Allows(mechanism, ChannelOf(facts));

    private static Channel ChannelOf(SessionFacts? facts) => facts?.Tls switch
    {
        null => Channel.Clear,
        { ServerEndPoint.IsEmpty: true } => Channel.Tls,
        _ => Channel.Bound,
    };

    private bool Allows(string mechanism, Channel channel) =>
        _policy.Mechanisms.Contains(mechanism) && channel switch
        {
            Channel.Clear => !_policy.RequireTls && !SaslMechanisms.IsPlaintext(mechanism) && !SaslMechanisms.BindsChannel(mechanism),
            Channel.Tls => !SaslMechanisms.BindsChannel(mechanism),
            _ => true,
        };

    private Variant Make(Channel channel, bool xclient)
    {
        var mechanisms = HasAuth ? _policy.Mechanisms.RemoveAll(m => !Allows(m, channel)) : [];
        var offered = _enabled;
        if (!HasStartTls || channel != Channel.Clear) offered &= ~SmtpExtensions.StartTls;
        if (mechanisms.IsEmpty) offered &= ~SmtpExtensions.Auth;
        if (!xclient) offered &= ~SmtpExtensions.Xclient;
        return new(offered, new SmtpReply(250, null, [_policy.Hostname, .. Keywords(offered, mechanisms)]).Encoded());
    }

    private static SmtpExtensions EnabledBy(SessionPolicy policy)
    {
        var enabled = SmtpExtensions.None;
        foreach (var extension in All)
        {
            if (!policy.Disabled.Contains(Keyword(extension))) enabled |= extension;
        }
        // RFC 6531 3.1: SMTPUTF8 is not offered without 8BITMIME.
        if ((enabled & SmtpExtensions.EightBitMime) == 0) enabled &= ~SmtpExtensions.SmtpUtf8;
        return enabled;
    }

    private IEnumerable<string> Keywords(SmtpExtensions offered, ImmutableArray<string> mechanisms) =>
        from extension in All
        where (offered & extension) != 0
        select extension switch
        {
            SmtpExtensions.Size => $"SIZE {_policy.Limits.MessageSize}",
            SmtpExtensions.Limits => $"LIMITS RCPTMAX={_policy.Limits.Recipients} MAILMAX={_policy.Limits.Transactions}",
            SmtpExtensions.Auth => $"AUTH {string.Join(' ', mechanisms)}",
            SmtpExtensions.Xclient => $"XCLIENT {XclientParser.Attributes}",
            _ => Keyword(extension),
        };

    private static string Keyword(SmtpExtensions extension) => extension switch
    {
        SmtpExtensions.EightBitMime => "8BITMIME",
        _ => extension.ToString().ToUpperInvariant(),
    };
}
