using System.Text.Json;
using MimeKit;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>
/// A delivery status notification (RFC 3464) as its reader gets it, read by MimeKit, and by Python's email package where
/// that is installed: both must find the same.
/// </summary>
/// <param name="EnvelopeId">Original-Envelope-Id, or null.</param>
/// <param name="Returned">The last part: the original message or its header.</param>
public sealed record Notification(
    MimeMessage Message, string? EnvelopeId, string Explanation, IReadOnlyList<NotifiedRecipient> Recipients, MimeEntity Returned)
{
    private const string PythonReader =
        """
        import email, email.policy, json, sys
        message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
        parts = list(message.iter_parts())
        defects = [str(d) for p in message.walk() for d in p.defects]
        status = parts[1].get_payload()
        if parts[1].get_content_type() == "message/global-delivery-status":  # RFC 6533: a message like any other to Python
            text = status[0].as_string().replace("\r\n", "\n").strip()
            status = [email.message_from_string(group + "\n\n") for group in text.split("\n\n")]
        groups = [dict(g.items()) for g in status]
        json.dump({"type": message.get_content_type(), "report": message.get_param("report-type"), "from": message["from"],
                   "to": message["to"], "parts": [p.get_content_type() for p in parts], "groups": groups, "defects": defects}, sys.stdout)
        """;

    /// <summary>Reads a notification. Fails the test when it is none, or when it did not come from the null sender.</summary>
    public static async Task<Notification> ReadAsync(ReceivedMessage received)
    {
        Assert.Equal("", received.From);
        var message = MimeMessage.Load(new MemoryStream(received.Raw));
        var report = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("delivery-status", report.ReportType);
        Assert.Equal(3, report.Count);
        var explanation = Assert.IsAssignableFrom<TextPart>(report[0]).Text;
        var status = Assert.IsAssignableFrom<MessageDeliveryStatus>(report[1]).StatusGroups;
        Assert.NotNull(status[0]["Reporting-MTA"]);
        await ReadByPythonAsync(received, status.Count);
        return new Notification(
            message, status[0]["Original-Envelope-Id"], explanation, [.. status.Skip(1).Select(NotifiedRecipient.From)], report[2]);
    }

    /// <summary>The only recipient it speaks of.</summary>
    public NotifiedRecipient Recipient => Assert.Single(Recipients);

    private static async Task ReadByPythonAsync(ReceivedMessage received, int groups)
    {
        if (Programs.Find("python3") is not { } python) return;
        var result = (await Programs.RunAsync(python, ["-c", PythonReader], received.Raw)).Succeeded();
        using var read = JsonDocument.Parse(result.Output);
        var root = read.RootElement;
        Assert.Equal("multipart/report", root.GetProperty("type").GetString());
        Assert.Equal("delivery-status", root.GetProperty("report").GetString());
        Assert.Equal(3, root.GetProperty("parts").GetArrayLength());
        Assert.Equal(groups, root.GetProperty("groups").GetArrayLength());
        Assert.Equal(0, root.GetProperty("defects").GetArrayLength());
    }
}

/// <summary>What a notification says of one recipient (RFC 3464 2.3).</summary>
public sealed record NotifiedRecipient(
    string Final, string? Original, string Action, string Status, string? Diagnostic, string? RemoteMta)
{
    internal static NotifiedRecipient From(HeaderList group) => new(
        AddressOf(group["Final-Recipient"]) ?? "", AddressOf(group["Original-Recipient"]), group["Action"] ?? "", group["Status"] ?? "",
        group["Diagnostic-Code"], group["Remote-MTA"]);

    /// <summary>"rfc822; a@example.test" without its type.</summary>
    private static string? AddressOf(string? typed) => typed?[(typed.IndexOf(';', StringComparison.Ordinal) + 1)..].Trim();
}
