using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Actors.Mta.Core.Configuration;
using Actors.Mta.LoadGen.Measuring;
using Actors.Mta.LoadGen.Messages;
using Actors.Mta.LoadGen.Reports;
using Actors.Mta.LoadGen.Source;

namespace Actors.Mta.LoadGen.Commands;

/// <summary>mta-load source: sends mail to a server and says how it was taken.</summary>
internal static class SourceCommand
{
    private static readonly Option<string> Target = new("--target", "-t") { Description = "The server, an address with port", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:2525" };
    private static readonly Option<string?> Run = new("--run") { Description = "The run's name in each message (default: a new one)", HelpName = "ID" };
    private static readonly Option<long?> Messages = new("--messages", "-m") { Description = "So many messages (default: 1000, unless --duration is given)", HelpName = "N" };
    private static readonly Option<string?> Duration = new("--duration") { Description = "For so long", HelpName = "30s" };
    private static readonly Option<double?> Rate = new("--rate", "-r") { Description = "Messages a second, due whether or not earlier ones are answered (open loop); else each session sends when its last is answered", HelpName = "N" };
    private static readonly Option<int> Sessions = new("--sessions", "-s") { Description = "Connections at a time", HelpName = "N", DefaultValueFactory = _ => 20 };
    private static readonly Option<int> PerConnection = new("--per-connection", "-d") { Description = "Messages on one connection; 0: all", HelpName = "N", DefaultValueFactory = _ => 1 };
    private static readonly Option<bool> Pipelining = new("--pipelining") { Description = "MAIL, RCPT and DATA in one piece (RFC 2920)" };
    private static readonly Option<bool> Chunking = new("--bdat") { Description = "BDAT instead of DATA (RFC 3030)" };
    private static readonly Option<bool> StartTls = new("--starttls") { Description = "STARTTLS; the certificate is not checked" };
    private static readonly Option<bool> Tls = new("--tls") { Description = "TLS from the start" };
    private static readonly Option<string?> User = new("--user") { Description = "Log in as, by the strongest mechanism on offer", HelpName = "NAME" };
    private static readonly Option<string?> PasswordFile = new("--password-file") { Description = "Its first line is the password (default: $MTA_LOAD_PASSWORD)", HelpName = "FILE" };
    private static readonly Option<string> Size = new("--size", "-l") { Description = "Octets of a message: 4k, 1k..64k, or 4k:80,50k:20 by weight, or p50=8k,p99=1M", HelpName = "SIZES", DefaultValueFactory = _ => "4k" };
    private static readonly Option<string> Recipients = new("--recipients") { Description = "Recipients of a message: 1, 1..10, or 1:90,50:10 by weight", HelpName = "N", DefaultValueFactory = _ => "1" };
    private static readonly Option<string[]> Domains = new("--domain") { Description = "To domains such as d1.test or d{1..1000}.test; may be repeated (default d{1..10}.test)", HelpName = "PATTERN" };
    private static readonly Option<double> Zipf = new("--zipf") { Description = "How unevenly domains are met: 0 all alike, 1 as in real mail", HelpName = "S" };
    private static readonly Option<string> Sender = new("--from") { Description = "The sender; empty: the null sender", HelpName = "ADDRESS", DefaultValueFactory = _ => "sender@load.test" };
    private static readonly Option<int> Tenants = new("--tenants") { Description = "An X-Tenant field with so many values in turns", HelpName = "N" };
    private static readonly Option<string> Campaign = new("--campaign") { Description = "An X-Campaign field", HelpName = "NAME", DefaultValueFactory = _ => "" };
    private static readonly Option<string[]> Eml = new("--eml") { Description = "Send this message; may be repeated", HelpName = "FILE" };
    private static readonly Option<string?> Maildir = new("--maildir") { Description = "Send the messages of a maildir in turns", HelpName = "DIRECTORY" };
    private static readonly Option<string?> Mbox = new("--mbox") { Description = "Send the messages of an mbox in turns", HelpName = "FILE" };
    private static readonly Option<int> Seed = new("--seed") { Description = "Same seed, same random choices", HelpName = "N", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> Json = new("--json") { Description = "Write the record of the run, for mta-load report", HelpName = "FILE" };
    private static readonly Option<string> Expect = new("--expect") { Description = $"Exit with 1 unless, such as refused=0,accept-p99<1s ({Expectations.Names})", HelpName = "WHAT", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "No line a second" };
    private static readonly Option<bool> AllowRemote = new("--allow-remote") { Description = "Send to an address that is not loopback" };
    private static readonly Option<bool> AnyDomain = new("--any-domain") { Description = "Send to domains that do not end in .test" };

    public static Command Create()
    {
        var command = new Command("source", "Send mail to a server, and say how it was taken")
        {
            Target, Run, Messages, Duration, Rate, Sessions, PerConnection, Pipelining, Chunking, StartTls, Tls, User, PasswordFile, Size, Recipients, Domains, Zipf,
            Sender, Tenants, Campaign, Eml, Maildir, Mbox, Seed, Json, Expect, Quiet, AllowRemote, AnyDomain,
        };
        command.SetAction((arguments, cancel) => LoadCommand.GuardAsync(() => RunAsync(arguments, cancel)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancel)
    {
        var expectations = Expectations.Parse(arguments.GetValue(Expect)!);
        var options = Read(arguments);
        Safety.Target(options.Targets[0], arguments.GetValue(AllowRemote));
        Safety.Domains(options.Domains.Domains, arguments.GetValue(AnyDomain));

        var source = new LoadSource(options, new SourceLedger(), new CopyNumbers());
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        using var watch = new Watch(() => new WatchCounts(source.Ledger.Messages, null, source.Ledger.RefusedCopies, source.Ledger.InFlight), source.Ledger.Latency, null);
        using var lines = arguments.GetValue(Quiet) ? null : ProgressLines.OfSource(watch, source.Ledger.Replies);
        watch.Start();
        await source.RunAsync(cancel);
        var seconds = clock.Elapsed.TotalSeconds;
        await watch.StopAsync();

        var record = new RunRecord
        {
            Run = options.Run.Text,
            Title = $"mta-load source to {options.Targets[0]}",
            Started = started,
            Seconds = seconds,
            Sources = [Records.Of(options, source.Ledger, seconds)],
            Series = watch.Moments,
        };
        record = record with { Expected = expectations.Check(record) };
        if (arguments.GetValue(Json) is { } file) record.Write(file);
        Summary.Source(record.Sources[0], record.Run);
        return Summary.Expected(record.Expected) ? ExitCode.Success : ExitCode.Unmet;
    }

    private static SourceOptions Read(ParseResult arguments)
    {
        var run = RunId.Create();
        if (arguments.GetValue(Run) is { } name && !RunId.TryParse(name, out run)) throw new FormatException($"--run takes 1 to 16 of a-z and 0-9, not \"{name}\"");
        if (!IPEndPoint.TryParse(arguments.GetValue(Target)!, out var target) || target.Port == 0)
            throw new FormatException($"--target takes an address with port such as 127.0.0.1:2525, not \"{arguments.GetValue(Target)}\"");
        TimeSpan? duration = null;
        if (arguments.GetValue(Duration) is { } text)
            duration = Units.TryDuration(text, out var d) ? d : throw new FormatException($"--duration takes a duration such as 30s, not \"{text}\"");
        var domains = arguments.GetValue(Domains) is { Length: > 0 } given ? given : ["d{1..10}.test"];
        return new SourceOptions
        {
            Run = run,
            Targets = [target],
            Messages = arguments.GetValue(Messages) ?? (duration is null ? 1000 : null),
            Duration = duration,
            Rate = Positive("--rate", arguments.GetValue(Rate)),
            Sessions = (int)Positive("--sessions", arguments.GetValue(Sessions))!,
            PerConnection = arguments.GetValue(PerConnection),
            Pipelining = arguments.GetValue(Pipelining),
            Chunking = arguments.GetValue(Chunking),
            Tls = arguments.GetValue(Tls) ? SourceTls.Implicit : arguments.GetValue(StartTls) ? SourceTls.StartTls : SourceTls.None,
            Login = arguments.GetValue(User) is { } user ? new SourceLogin(user, Password(arguments)) : null,
            Sender = arguments.GetValue(Sender)!,
            Domains = DomainPicker.Of(domains, arguments.GetValue(Zipf)),
            Recipients = Parsed("--recipients", arguments.GetValue(Recipients)!, Quantities.Count),
            Content = new MessageOptions
            {
                Sizes = Parsed("--size", arguments.GetValue(Size)!, Quantities.Size),
                Files = arguments.GetValue(Eml) is { Length: > 0 } || arguments.GetValue(Maildir) is not null || arguments.GetValue(Mbox) is not null
                    ? MessageFiles.Read(arguments.GetValue(Eml) ?? [], arguments.GetValue(Maildir), arguments.GetValue(Mbox)) : [],
                Tenants = arguments.GetValue(Tenants),
                Campaign = arguments.GetValue(Campaign)!,
            },
            Seed = arguments.GetValue(Seed),
        };
    }

    private static double? Positive(string option, double? value) =>
        value is null or > 0 ? value : throw new FormatException($"{option} takes a number above 0, not {value.Value.ToString(CultureInfo.InvariantCulture)}");

    private static Distribution Parsed(string option, string text, Distribution.Unit unit) =>
        Distribution.TryParse(text, unit, out var distribution) ? distribution : throw new FormatException($"{option} does not understand \"{text}\"");

    private static string Password(ParseResult arguments) =>
        arguments.GetValue(PasswordFile) is { } file ? File.ReadLines(file).FirstOrDefault() ?? ""
        : Environment.GetEnvironmentVariable("MTA_LOAD_PASSWORD") ?? throw new FormatException("--user needs --password-file or $MTA_LOAD_PASSWORD");
}
