namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>Programs that people submit mail with. Each skips the test when it is not installed, and shows the whole dialogue.</summary>
public static class SubmissionClients
{
    private const string SmtplibScript =
        """
        import smtplib, ssl, sys
        host, port, implicit, authority, user, password, mechanism, sender, to = sys.argv[1:]
        context = ssl.create_default_context(cafile=authority)
        kind = {'context': context} if implicit == 'yes' else {}
        with (smtplib.SMTP_SSL if kind else smtplib.SMTP)(host, int(port), 'client.test', timeout=60, **kind) as smtp:
            smtp.set_debuglevel(1)
            if not kind:
                smtp.starttls(context=context)
            smtp.ehlo()
            if user:
                smtp.user, smtp.password = user, password
                if mechanism:
                    smtp.auth(mechanism, getattr(smtp, 'auth_' + mechanism.lower().replace('-', '_')))
                else:
                    smtp.login(user, password)
            smtp.sendmail(sender, [to], sys.stdin.buffer.read())
        """;

    /// <summary>swaks: a session line by line; ends with 28 when AUTH fails, 24 when the recipient is refused, 23 for the sender.</summary>
    public static Task<ProgramResult> SwaksAsync(Submission submission)
    {
        var swaks = Programs.Require("swaks");
        List<string> arguments =
        [
            "--server", submission.Server.Address.ToString(), "--port", $"{submission.Server.Port}", "--helo", "client.test",
            submission.Implicit ? "--tls-on-connect" : "--tls", "--tls-verify", "--tls-ca-path", submission.Authority,
            "--from", submission.From, "--to", submission.To, "--header", $"Subject: {submission.Subject}", "--body", "Hello there.",
        ];
        if (submission.User != "")
        {
            arguments.AddRange(["--auth-user", submission.User, "--auth-password", submission.Password, "--auth"]);
            if (submission.Mechanism != "") arguments.Add(submission.Mechanism);
        }
        return Programs.RunAsync(swaks, arguments);
    }

    /// <summary>msmtp, which checks the certificate; ends with 77 when AUTH fails, 65 when an address is refused.</summary>
    public static Task<ProgramResult> MsmtpAsync(Submission submission) => Programs.RunAsync(
        Programs.Require("msmtp"),
        [
            "--debug", "--file=/dev/null", $"--host={submission.Server.Address}", $"--port={submission.Server.Port}",
            "--domain=client.test", "--tls=on", $"--tls-starttls={(submission.Implicit ? "off" : "on")}",
            $"--tls-trust-file={submission.Authority}", $"--auth={Mechanism(submission)}", $"--user={submission.User}",
            $"--passwordeval=printf %s '{submission.Password}'", $"--from={submission.From}", submission.To,
        ],
        System.Text.Encoding.UTF8.GetBytes(submission.Message));

    /// <summary>Python's smtplib (PLAIN, LOGIN, CRAM-MD5), which checks certificate and name.</summary>
    public static Task<ProgramResult> SmtplibAsync(Submission submission) => Programs.RunAsync(
        Programs.Require("python3"),
        [
            "-c", SmtplibScript, submission.Server.Address.ToString(), $"{submission.Server.Port}", submission.Implicit ? "yes" : "no",
            submission.Authority, submission.User, submission.Password, submission.Mechanism, submission.From, submission.To,
        ],
        System.Text.Encoding.UTF8.GetBytes(submission.Message));

    private static string Mechanism(Submission submission) => submission switch
    {
        { User: "" } => "off",
        { Mechanism: "" } => "on",
        _ => submission.Mechanism.ToLowerInvariant(),
    };
}
