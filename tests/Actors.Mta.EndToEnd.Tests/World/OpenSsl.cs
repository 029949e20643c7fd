using System.Net;

namespace Actors.Mta.EndToEnd.Tests.World;

/// <summary>`openssl s_client` and `sslscan`: what a server does with one version of TLS, and which ones it takes at all.</summary>
public static class OpenSsl
{
    /// <summary>
    /// Shakes hands with exactly this version ("1.2"), even if it is one that this machine has turned off by default, and says
    /// EHLO and QUIT.
    /// </summary>
    /// <returns>Succeeds when the handshake did and the authority vouches for the certificate of that name.</returns>
    public static Task<ProgramResult> ShakeHandsAsync(
        IPEndPoint server, string version, string authority, string serverName, bool startTls)
    {
        List<string> arguments =
        [
            "s_client", "-connect", server.ToString(), "-servername", serverName, "-verify_hostname", serverName, "-verify_return_error",
            "-CAfile", authority, "-quiet", "-no_ign_eof", "-brief",
            $"-tls{version.Replace('.', '_').Replace("_0", "", StringComparison.Ordinal)}",
        ];
        if (startTls) arguments.AddRange(["-starttls", "smtp", "-name", "client.test"]);
        if (version is "1.0" or "1.1") arguments.AddRange(["-cipher", "ALL:@SECLEVEL=0"]);
        return Programs.RunAsync(Programs.Require("openssl"), arguments, "QUIT\r\n"u8.ToArray());
    }

    /// <summary>Which versions a server takes, by name ("TLSv1.3"), with its own library that speaks even SSLv2 and SSLv3.</summary>
    public static async Task<IReadOnlyDictionary<string, bool>> VersionsAsync(IPEndPoint server, bool startTls)
    {
        List<string> arguments = ["--no-colour", "--no-ciphersuites", "--no-heartbleed", "--no-groups", "--no-renegotiation"];
        if (startTls) arguments.Add("--starttls-smtp");
        var scan = (await Programs.RunAsync(Programs.Require("sslscan"), [.. arguments, server.ToString()])).Succeeded();
        return scan.Output.Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is [['S', 'S', 'L', 'v', ..] or ['T', 'L', 'S', 'v', ..], "enabled" or "disabled"])
            .ToDictionary(words => words[0], words => words[1] == "enabled");
    }
}
