using System.Net;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Reputation;
using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Metrics;
using Actors.Mta.Engine.Settings;
using Akka.Actor;

namespace Actors.Mta.Engine.Checks;

/// <summary>
/// The checks of one client. Its name and the lists are asked as soon as it connects, so that the answers are mostly there when
/// they are needed; no command waits longer than mta.checks.timeout for them.
/// </summary>
internal sealed class ClientChecks : IClientChecks
{
    private readonly CheckParts _parts;
    private readonly IPAddress _client;
    private readonly Task<ClientName> _name;
    private readonly ListChecks? _lists;

    public ClientChecks(CheckParts parts, SessionFacts facts)
    {
        _parts = parts;
        _client = facts.Client.Address.IsIPv4MappedToIPv6 ? facts.Client.Address.MapToIPv4() : facts.Client.Address;
        _name = facts.ClientHost is { Length: > 0 } known
            ? Task.FromResult(new ClientName(known))
            : parts.Clients.FindNameAsync(_client, CancellationToken.None);
        _lists = parts.Settings.DnsLists is { Action: not CheckAction.Off, Lists.Length: > 0 } ? new ListChecks(parts, _client) : null;
        ClientHost = HostAsync();
    }

    public Task<string?> ClientHost { get; }

    public async ValueTask<SmtpReply?> OnMailAsync(string? helo, EmailAddress sender, CancellationToken cancel)
    {
        var settings = _parts.Settings;
        if (settings.Helo != CheckAction.Off
            && Judge("helo", settings.Helo, HeloCheck.Refuses(helo, _parts.Hostname, _parts.IsLocal), sender) is { } byHelo) return byHelo;
        if (settings.ClientName != CheckAction.Off
            && Judge("client-name", settings.ClientName, await NameRefusalAsync(cancel), sender) is { } byName) return byName;
        if (settings.SenderDomain == CheckAction.Off || !SenderDomainCheck.Applies(sender) || _parts.IsLocal(sender.Domain)) return null;
        return Judge("sender-domain", settings.SenderDomain, SenderDomainCheck.Refuses(await SenderAsync(sender.Domain, cancel)), sender);
    }

    public async ValueTask<SmtpReply?> OnRecipientAsync(EmailAddress sender, Recipient recipient, CancellationToken cancel)
    {
        var settings = _parts.Settings;
        var score = 0;
        if (_lists is not null)
        {
            var (sum, refusal) = await _lists.ScoreAsync(cancel);
            if (Judge("dns-lists", settings.DnsLists.Action, refusal, sender, recipient) is { } byList) return byList;
            score = sum;
        }
        // Who is on a list of good clients comes back anyway.
        if (settings.Greylist.Action == CheckAction.Off || _parts.Greylist is null || score < 0) return null;
        return Judge("greylist", settings.Greylist.Action, await GreylistAsync(_parts.Greylist, sender, recipient, cancel), sender, recipient);
    }

    private async Task<string?> HostAsync() => (await _name.ConfigureAwait(false)).Host;

    private async Task<SmtpReply?> NameRefusalAsync(CancellationToken cancel)
    {
        try
        {
            var name = await _name.WaitAsync(_parts.Settings.Timeout, _parts.Clock, cancel).ConfigureAwait(false);
            ReceptionMeter.LookedUp("client-name", name switch { { FailureIsTemporary: true } => "failed", { Host: null } => "listed", _ => "clear" });
            return name.Refusal;
        }
        catch (TimeoutException)
        {
            ReceptionMeter.LookedUp("client-name", "timeout");
            return null;
        }
    }

    private async Task<MxAnswer> SenderAsync(DomainName domain, CancellationToken cancel)
    {
        try
        {
            var answer = await _parts.Mx.ResolveMxAsync(domain, cancel).WaitAsync(_parts.Settings.Timeout, _parts.Clock, cancel).ConfigureAwait(false);
            ReceptionMeter.LookedUp("sender-domain", answer switch { MxAnswer.Hosts => "clear", MxAnswer.TemporaryFailure => "failed", _ => "listed" });
            return answer;
        }
        catch (TimeoutException)
        {
            ReceptionMeter.LookedUp("sender-domain", "timeout");
            return new MxAnswer.TemporaryFailure("no answer in time");
        }
    }

    private async Task<SmtpReply?> GreylistAsync(IActorRef greylist, EmailAddress sender, Recipient recipient, CancellationToken cancel)
    {
        var triplet = Triplet.Of(_parts.Settings.Greylist.Policy.NetworkOf(_client), sender, recipient.Address);
        try
        {
            var answer = await greylist.Ask<GreylistActor.Answer>(new GreylistActor.Attempt(triplet), _parts.Settings.Timeout, cancel).ConfigureAwait(false);
            ReceptionMeter.LookedUp("greylist", answer.Wait is null ? "clear" : "listed");
            return answer.Wait is { } wait ? GreylistState.Reply(wait) : null;
        }
        catch (AskTimeoutException)
        {
            ReceptionMeter.LookedUp("greylist", "timeout");
            _parts.Log.CheckNotMade("greylist", "its journal does not answer");
            return null;
        }
    }

    private SmtpReply? Judge(string check, CheckAction action, SmtpReply? refusal, EmailAddress sender, Recipient? recipient = null)
    {
        if (refusal is null) return null;
        if (action == CheckAction.Refuse)
        {
            ReceptionMeter.Refused(check);
            _parts.Log.CheckRefused(check, _client, sender.Text, recipient?.Address.Text, refusal.ToString());
            return refusal;
        }
        ReceptionMeter.Warned(check);
        _parts.Log.CheckWarned(check, _client, sender.Text, recipient?.Address.Text, refusal.ToString());
        return null;
    }
}
