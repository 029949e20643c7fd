using System.Collections.Immutable;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Reception;
using Actors.Mta.Node.Admin;
using MimeKit;

namespace Actors.Mta.Node.Injection;

/// <summary>Turns a request into messages for the queue. What is wrong with it is said by <see cref="BadRequestException"/> before anything is queued.</summary>
internal static class MessageComposer
{
    /// <summary>Of one request: each may be a message that is made and stored before the answer.</summary>
    public const int MostRecipients = 1000;

    private static readonly Dictionary<string, string> NoValues = [];
    private static readonly HashSet<string> OwnFields = new(
        ["From", "To", "Bcc", "Subject", "Reply-To", "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Received", "Return-Path"],
        StringComparer.OrdinalIgnoreCase);

    /// <param name="client">For logs.</param>
    /// <param name="latest">For which it can be scheduled.</param>
    public static List<InjectedMail> Compose(MessageRequest request, string client, string? user, DateTimeOffset latest)
    {
        Check(request, latest);
        var sender = request.From is "" ? EmailAddress.Null : AddressOf(request.From ?? throw new BadRequestException("from is missing; \"\" is the empty one"), "from");
        var notify = NotifyOf(request.Notify ?? []);
        var all = (request.To ?? []).Select(r => (Recipient: r, Shown: true)).Concat((request.Bcc ?? []).Select(r => (Recipient: r, Shown: false)))
            .Select(r => (Address: AddressOf(r.Recipient.Address, "to"), r.Recipient, r.Shown)).ToList();
        var separate = request.Separate || all.Any(r => r.Recipient.Substitutions is { Count: > 0 });
        IEnumerable<(EmailAddress Address, RecipientRequest Recipient, bool Shown)[]> groups = separate ? all.Select(r => new[] { r }) : [[.. all]];
        var (tenant, campaign) = (TagOf(request.Tenant, "tenant"), TagOf(request.Campaign, "campaign"));
        var mails = new List<InjectedMail>();
        foreach (var group in groups)
        {
            var values = Values(request.Substitutions, separate ? group[0].Recipient.Substitutions : null);
            // Before any is queued: a name without a value is found now, not half-way.
            CheckValues(request, values);
            string[] shown = [.. group.Where(r => r.Shown).Select(r => r.Address.Text)];
            Func<byte[]> content = () => Content(request, values, shown);
            if (mails.Count == 0)
            {
                // And so is what else is wrong.
                var first = content();
                content = () => first;
            }
            mails.Add(new InjectedMail(sender, [.. group.Select(r => new Recipient(r.Address, notify))], content, tenant, campaign, request.SendAt, client, user));
        }
        return mails;
    }

    private static void Check(MessageRequest request, DateTimeOffset latest)
    {
        var recipients = (request.To?.Length ?? 0) + (request.Bcc?.Length ?? 0);
        if (recipients == 0) throw new BadRequestException("to is missing: nobody would get it");
        if (recipients > MostRecipients) throw new BadRequestException($"{recipients} recipients are too many for one request; {MostRecipients} are taken");
        if (request.Raw is not null && request.RawBase64 is not null) throw new BadRequestException("raw and rawBase64 are the same message said twice");
        var isRaw = request.Raw is not null || request.RawBase64 is not null;
        if (!isRaw && request.Text is null && request.Html is null && request.Attachments is not { Length: > 0 })
            throw new BadRequestException("there is no message: raw, rawBase64, text, html or attachments");
        if (isRaw && (request.Text ?? request.Html ?? request.Subject ?? request.FromHeader ?? request.ToHeader ?? request.ReplyTo) is not null)
            throw new BadRequestException("raw is a whole message: subject, text, html and header fields stand in it");
        if (isRaw && (request.Headers is { Count: > 0 } || request.Attachments is { Length: > 0 })) throw new BadRequestException("raw is a whole message: headers and attachments stand in it");
        if (!isRaw && request.From is "" && request.FromHeader is null) throw new BadRequestException("with an empty from, fromHeader must say who it is from");
        foreach (var (name, _) in request.Headers ?? NoValues)
        {
            if (OwnFields.Contains(name)) throw new BadRequestException($"headers must not have {name}: it is made of the rest of the request");
            if (name.Length is 0 or > 64 || name.Any(c => c is <= ' ' or > '~' or ':')) throw new BadRequestException($"\"{name}\" is no name of a header field (RFC 5322 2.2)");
        }
        if (request.SendAt > latest) throw new BadRequestException($"sendAt is too far ahead; mail can wait until {latest:yyyy-MM-dd HH:mm} UTC, half of mta.retry.expire-after");
    }

    private static Dictionary<string, string> Values(Dictionary<string, string>? common, Dictionary<string, string>? own)
    {
        if (own is not { Count: > 0 }) return common ?? NoValues;
        var values = new Dictionary<string, string>(common ?? NoValues);
        foreach (var (name, value) in own) values[name] = value;
        return values;
    }

    private static void CheckValues(MessageRequest request, Dictionary<string, string> values)
    {
        string?[] texts = [request.Raw, request.Subject, request.Text, request.FromHeader, request.ToHeader, request.ReplyTo, .. (request.Headers ?? NoValues).Values];
        foreach (var text in texts.OfType<string>()) Apply(text, values, html: false);
        if (request.Html is { } html) Apply(html, values, html: true);
        foreach (var (field, name) in new[] { (request.FromHeader, "fromHeader"), (request.ToHeader, "toHeader"), (request.ReplyTo, "replyTo") })
            if (field is not null) Mailboxes(Apply(field, values, html: false), name);
    }

    private static byte[] Content(MessageRequest request, Dictionary<string, string> values, string[] shown)
    {
        if (request.RawBase64 is { } octets) return octets;
        if (request.Raw is { } raw) return Encoding.UTF8.GetBytes(Apply(raw, values, html: false));
        using var message = new MimeMessage();
        // The queue gives it one of this node's name.
        message.Headers.Remove(HeaderId.MessageId);
        message.From.AddRange(Mailboxes(Header(request.FromHeader ?? request.From!, values), "fromHeader"));
        if (request.ToHeader is { } to) message.To.AddRange(Mailboxes(Header(to, values), "toHeader"));
        else message.To.AddRange(shown.Select(address => new MailboxAddress(null, address)));
        if (request.ReplyTo is { } reply) message.ReplyTo.AddRange(Mailboxes(Header(reply, values), "replyTo"));
        message.Subject = Header(request.Subject ?? "", values);
        foreach (var (name, value) in request.Headers ?? NoValues) message.Headers.Add(name, Header(value, values));
        var body = new BodyBuilder
        {
            TextBody = request.Text is { } text ? Apply(text, values, html: false) : null,
            HtmlBody = request.Html is { } html ? Apply(html, values, html: true) : null,
        };
        foreach (var attachment in request.Attachments ?? []) Attach(body, attachment);
        message.Body = body.ToMessageBody();
        message.Prepare(EncodingConstraint.SevenBit);
        using var written = new MemoryStream();
        message.WriteTo(new FormatOptions { NewLineFormat = NewLineFormat.Dos }, written);
        return written.ToArray();
    }

    private static void Attach(BodyBuilder body, AttachmentRequest attachment)
    {
        var where = attachment.ContentId is null ? body.Attachments : body.LinkedResources;
        var type = attachment.Type is { } given
            ? ContentType.TryParse(given, out var parsed) ? parsed : throw new BadRequestException($"\"{given}\" is no type of an attachment, such as application/pdf")
            : ContentType.Parse(MimeTypes.GetMimeType(attachment.Name));
        var part = where.Add(attachment.Name, attachment.Content, type);
        if (attachment.ContentId is { } id) part.ContentId = id;
    }

    /// <summary>A value must not begin a field of its own.</summary>
    private static string Header(string text, Dictionary<string, string> values) =>
        string.Concat(Apply(text, values, html: false).Select(c => char.IsControl(c) ? ' ' : c));

    private static string Apply(string text, Dictionary<string, string> values, bool html)
    {
        var applied = Substitution.Apply(text, values, html, out var missing);
        // Without any values, braces are meant as they are.
        if (values.Count == 0) return text;
        return missing is null ? applied : throw new BadRequestException($"{{{{{missing}}}}} has no value for each recipient");
    }

    private static InternetAddressList Mailboxes(string text, string name) =>
        InternetAddressList.TryParse(text, out var list) && list.Count > 0 ? list : throw new BadRequestException($"{name}: \"{text}\" is no address of a header (RFC 5322 3.4)");

    private static EmailAddress AddressOf(string text, string name) =>
        EmailAddress.TryParse(text, out var address) ? address : throw new BadRequestException($"{name}: \"{text}\" is no address");

    private static string? TagOf(string? text, string name) =>
        text is null || MessageTag.IsTag(text) ? text : throw new BadRequestException($"{name} takes 1 to {MessageTag.Longest} printable characters");

    private static DsnNotify NotifyOf(string[] words)
    {
        var notify = DsnNotify.Unspecified;
        foreach (var word in words)
        {
            notify |= word switch
            {
                "never" => DsnNotify.Never,
                "success" => DsnNotify.Success,
                "failure" => DsnNotify.Failure,
                "delay" => DsnNotify.Delay,
                _ => throw new BadRequestException($"notify takes never, success, failure and delay, not \"{word}\""),
            };
        }
        if (notify.HasFlag(DsnNotify.Never) && notify != DsnNotify.Never) throw new BadRequestException("notify is never, or when: not both (RFC 3461 4.1)");
        return notify;
    }
}
