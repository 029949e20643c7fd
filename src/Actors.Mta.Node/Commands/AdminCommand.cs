using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Tls;
using Actors.Mta.Node.Admin;

namespace Actors.Mta.Node.Commands;

/// <summary>What all commands share that ask a running node: where it is, JSON for programs, and its refusals in words.</summary>
internal static class AdminCommand
{
    public static Command Asking(Command command, Func<AdminClient, ParseResult, bool, CancellationToken, Task<int>> ask)
    {
        var url = new Option<Uri?>("--admin")
        {
            Description = "Where the node's admin interface is; else mta.admin of the configuration",
            HelpName = "URL",
            CustomParser = result =>
            {
                var text = result.Tokens[^1].Value;
                if (Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https") return parsed;
                result.AddError($"--admin takes a URL such as http://127.0.0.1:2580, not \"{text}\"");
                return null;
            },
        };
        var json = new Option<bool>("--json") { Description = "As JSON, for programs" };
        command.Options.Add(url);
        command.Options.Add(json);
        var tokenFile = new Option<FileInfo?>("--token-file") { Description = "A file with the token for mta.admin; else what MTA_ADMIN_TOKEN says", HelpName = "FILE" };
        command.Options.Add(tokenFile);
        var (authority, certificate, key) = (
            Pem("--authority", "Who signed the certificate of the node at --admin; else those whom this machine believes"),
            Pem("--certificate", "What is shown to a node that asks for one"), Pem("--key", "Its private key"));
        command.Options.Add(authority);
        command.Options.Add(certificate);
        command.Options.Add(key);
        var options = new ConfigOptions(command);
        command.SetAction(async (arguments, cancel) =>
        {
            string? Path(Option<FileInfo?> option) => arguments.GetValue(option)?.FullName;
            var address = arguments.GetValue(url);
            MtaConfiguration? configuration = null;
            if (address is null && !options.TryLoad(arguments, out configuration)) return ExitCode.Configuration;
            var shown = new PeerTls { Authority = Path(authority) ?? "", Certificate = Path(certificate) ?? "", Key = Path(key) ?? "" };
            if (shown.On != shown.Key.Length > 0)
            {
                Terminal.Failure("--certificate and --key belong together");
                return ExitCode.Usage;
            }
            try
            {
                var token = await TokenAsync(arguments.GetValue(tokenFile), cancel);
                using var client = address is null
                    ? AdminClient.Of(configuration!.Settings!.Admin, token)
                    : new AdminClient(address, token, AdminTls.ForClient(address, shown, known: null));
                return await ask(client, arguments, arguments.GetValue(json), cancel);
            }
            catch (CertificateException e)
            {
                Terminal.Failure(e.Message);
                return ExitCode.Usage;
            }
            catch (AdminException e)
            {
                Terminal.Failure(e.Message);
                return e.Unreachable ? ExitCode.Usage : ExitCode.Failure;
            }
        });
        return command;
    }

    private static Option<FileInfo?> Pem(string name, string description) => new(name) { Description = description, HelpName = "PEM" };

    /// <summary>Not an option of its own: the arguments of a program can be read by everybody.</summary>
    private static async Task<string?> TokenAsync(FileInfo? file, CancellationToken cancel)
    {
        if (file is null) return Environment.GetEnvironmentVariable("MTA_ADMIN_TOKEN") is { Length: > 0 } token ? token : null;
        try
        {
            return (await File.ReadAllTextAsync(file.FullName, cancel)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AdminException($"the token cannot be read: {e.Message}", unreachable: true);
        }
    }

    /// <summary>Ctrl-C is how it ends.</summary>
    public static async Task<int> UntilCancelledAsync(Task following, CancellationToken cancel)
    {
        try
        {
            await following;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Nothing is missing.
        }
        return ExitCode.Success;
    }

    public static int Write<T>(T value, JsonTypeInfo<T> type)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
        return ExitCode.Success;
    }
}
