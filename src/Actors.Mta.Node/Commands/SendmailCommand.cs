using System.Collections;
using System.Collections.Immutable;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Maildrop;

namespace Actors.Mta.Node.Commands;

/// <summary>
/// `mta sendmail`, or the program under the name "sendmail": leaves the message on standard input in the node's maildrop, from which it is
/// queued at once, or when the node is up again. Ends with 0 only when the message is on stable storage.
/// </summary>
internal static class SendmailCommand
{
    private const string SystemConfig = "/etc/mta/mta.conf";
    private const string SystemPreset = "production";

    /// <summary>For the list of commands; <see cref="Takes"/> comes first, since the options of sendmail are not those of other commands.</summary>
    public static Command Create() => new("sendmail", "Send the message on standard input: -t -i -f SENDER -F NAME -N -R -V [--] RECIPIENT…");

    public static bool Takes(string[] words, out IReadOnlyList<string> arguments)
    {
        if (words is ["sendmail", ..] and not ["sendmail", "--help" or "-h" or "-?", ..])
        {
            arguments = words[1..];
            return true;
        }
        arguments = words;
        return Path.GetFileName(CalledAs()) == "sendmail";
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        var arguments = SendmailArguments.Parse(words, out var problem);
        if (problem is not null) return Fail(ExitCode.SendmailUsage, problem);
        if (!arguments.FromHeader && arguments.Recipients.IsEmpty) return Fail(ExitCode.SendmailUsage, "no recipients; name them, or say -t");
        var configuration = ConfigChain.Load(Inputs(arguments));
        if (configuration.Settings is not { } settings)
        {
            Terminal.Problems(configuration.Problems);
            return ExitCode.Configuration;
        }
        try
        {
            var limit = settings.Session.Limits.MessageSize;
            using var input = Console.OpenStandardInput();
            if (await ReadAsync(input, limit) is not { } octets) return Fail(ExitCode.SendmailData, $"the message is larger than {limit} octets (mta.smtp.server.message-size)");
            return Drop(arguments, SendmailMessage.Read(octets, arguments.IgnoreDots), settings);
        }
        catch (FormatException e)
        {
            return Fail(ExitCode.SendmailData, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(ExitCode.SendmailAgain, $"the message is not queued: {e.Message}");
        }
    }

    private static int Drop(SendmailArguments arguments, SendmailMessage message, MtaSettings settings)
    {
        var sender = arguments.Sender switch
        {
            null => Address(Environment.UserName, settings.Hostname),
            "" or "<>" => EmailAddress.Null,
            var given => Address(given, settings.Hostname),
        };
        List<string> named = [.. arguments.Recipients.SelectMany(r => r.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        if (arguments.FromHeader) named.AddRange(message.Recipients());
        var recipients = named.Select(r => Address(r, settings.Hostname)).DistinctBy(a => a.Text).ToList();
        if (recipients.Count == 0) return Fail(ExitCode.SendmailData, "the message names no recipients");

        var now = DateTimeOffset.Now;
        var id = MessageId.Create(now, RandomNumberGenerator.GetBytes(10));
        var octets = message.Complete(From(arguments, sender, settings.Hostname), $"<{id}@{settings.Hostname}>", now);
        var drop = new MaildropDirectory(settings.MaildropDirectory);
        // Not made here: nobody would ever look into one that is not the node's.
        if (!drop.Exists)
            return Fail(ExitCode.SendmailAgain, $"the message is not queued: there is no maildrop {drop.Path}; no node has run with this mta.data yet");
        drop.Drop(id, Commands(arguments, message, sender, recipients), octets);
        return ExitCode.Success;
    }

    private static IEnumerable<string> Commands(SendmailArguments arguments, SendmailMessage message, EmailAddress sender, List<EmailAddress> recipients)
    {
        var mail = new StringBuilder($"MAIL FROM:<{sender.Text}>");
        if (message.EightBit) mail.Append(" BODY=8BITMIME");
        if (message.HeaderIsUtf8 || !sender.IsAscii || recipients.Any(r => !r.IsAscii)) mail.Append(" SMTPUTF8");
        if (arguments.Return is { } ret) mail.Append(" RET=").Append(ret);
        if (arguments.EnvelopeId is { } envelope) mail.Append(" ENVID=").Append(Xtext(envelope));
        yield return mail.ToString();
        foreach (var recipient in recipients)
            yield return $"RCPT TO:<{recipient.Text}>{(arguments.Notify is { } notify ? $" NOTIFY={notify}" : "")}";
    }

    /// <summary>What has no domain is of this host.</summary>
    private static EmailAddress Address(string text, string hostname)
    {
        var bare = text is ['<', .. var inner, '>'] ? inner : text;
        if (EmailAddress.TryParse(bare, out var address) || (!bare.Contains('@') && EmailAddress.TryParse($"{bare}@{hostname}", out address))) return address;
        throw new FormatException($"\"{text}\" is no address");
    }

    private static string From(SendmailArguments arguments, EmailAddress sender, string hostname)
    {
        var address = sender.IsNull ? $"{Environment.UserName}@{hostname}" : sender.Text;
        return arguments.FullName is { Length: > 0 } name
            ? new MimeKit.MailboxAddress(Encoding.UTF8, name, address).ToString(encode: true) : address;
    }

    // RFC 3461 4
    private static string Xtext(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(b =>
        b is > 32 and < 127 and not ((byte)'+' or (byte)'=') ? ((char)b).ToString() : $"+{b:X2}"));

    private static async Task<byte[]?> ReadAsync(Stream input, long limit)
    {
        var all = new MemoryStream();
        var piece = new byte[64 * 1024];
        while (await input.ReadAsync(piece) is var read and > 0)
        {
            all.Write(piece, 0, read);
            if (limit > 0 && all.Length > limit) return null;
        }
        return all.ToArray();
    }

    /// <summary>
    /// As other commands, and without --config: the file that MTA_CONFIG names, or else the system's with the preset that its
    /// service unit has, since cron and PHP name none.
    /// </summary>
    private static ConfigInputs Inputs(SendmailArguments arguments)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToImmutableDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
        var (files, preset) = (arguments.Configs, arguments.Preset);
        if (files.IsEmpty && environment.GetValueOrDefault("MTA_CONFIG") is { Length: > 0 } named) files = [named];
        if (files.IsEmpty && File.Exists(SystemConfig)) (files, preset) = ([SystemConfig], preset ?? SystemPreset);
        return new ConfigInputs
        {
            Preset = preset,
            Files = files,
            Sets = arguments.Sets,
            Environment = environment,
            ReadFile = File.ReadAllText,
        };
    }

    /// <summary>The name under which the program was called: a symbolic link named sendmail makes it sendmail.</summary>
    internal static string CalledAs()
    {
        const string commandLine = "/proc/self/cmdline";
        return File.Exists(commandLine) ? File.ReadAllText(commandLine).Split('\0')[0] : Environment.GetCommandLineArgs()[0];
    }

    private static int Fail(int code, string message)
    {
        Console.Error.WriteLine($"sendmail: {message}");
        return code;
    }
}
