using System.Diagnostics;
using System.Net;
using DnsClient;

namespace Actors.Mta.IO.Dns;

/// <summary>
/// Asks the configured servers one question: in their order, each once per round, until one answers. An answer is NOERROR or
/// NXDOMAIN; anything else sends the question to the next server. Rounds are repeated while a server was not heard at all.
/// DnsClient does one try: UDP, and TCP when the answer was truncated.
/// </summary>
internal sealed class NameServers
{
    /// <summary>Large answers come by TCP rather than in fragments (dnsflagday.net/2020).</summary>
    private const int UdpPayload = 1232;
    /// <summary>Questions under way at once; further ones wait.</summary>
    private const int MostQuestions = 256;

    private readonly LookupClient _client;
    private readonly NameServer[][] _servers;
    private readonly int _rounds;
    private readonly long _mostAtOnce;
    private readonly SemaphoreSlim _questions = new(MostQuestions);
    private long _atOnce;

    /// <param name="mostWaiting">
    /// Questions that may wait; further ones fail at once. Where strangers make the questions, servers that hang would let them pile up
    /// without end.
    /// </param>
    public NameServers(DnsOptions options, int mostWaiting)
    {
        var servers = options.Servers.Count > 0 ? options.Servers.Select(server => new NameServer(server)).ToArray() : OfTheSystem();
        _servers = [.. servers.Select(server => new[] { server })];
        _rounds = 1 + options.Retries;
        _mostAtOnce = (long)MostQuestions + mostWaiting;
        _client = new LookupClient(new LookupClientOptions(servers)
        {
            Timeout = options.Timeout,
            Retries = 0,
            UseCache = false,
            UseTcpFallback = true,
            ThrowDnsErrors = false,
            ContinueOnDnsError = false,
            ContinueOnEmptyResponse = false,
            ExtendedDnsBufferSize = UdpPayload,
        });
    }

    /// <returns>An answer, or null and why there is none.</returns>
    public async Task<(IDnsQueryResponse? Answer, string Failure)> AskAsync(DnsQuestion question)
    {
        var (began, answered) = (Stopwatch.GetTimestamp(), false);
        DnsMeter.Asked();
        try
        {
            var asked = Interlocked.Increment(ref _atOnce) <= _mostAtOnce
                ? await AskInTurnAsync(question).ConfigureAwait(false)
                : (null, "too many questions are waiting");
            answered = asked.Answer is not null;
            return asked;
        }
        finally
        {
            Interlocked.Decrement(ref _atOnce);
            DnsMeter.Answered(began, question.QuestionType, answered);
        }
    }

    private async Task<(IDnsQueryResponse? Answer, string Failure)> AskInTurnAsync(DnsQuestion question)
    {
        await _questions.WaitAsync().ConfigureAwait(false);
        try
        {
            var failure = "";
            var unheard = true;
            for (var round = 0; round < _rounds && unheard; round++)
            {
                unheard = false;
                foreach (var server in _servers)
                {
                    var (answer, reason, heard) = await TryAsync(server, question).ConfigureAwait(false);
                    if (answer is not null) return (answer, "");
                    failure = reason;
                    unheard |= !heard;
                }
            }
            return (null, failure);
        }
        finally
        {
            _questions.Release();
        }
    }

    private async Task<(IDnsQueryResponse? Answer, string Failure, bool Heard)> TryAsync(NameServer[] server, DnsQuestion question)
    {
        try
        {
            var response = await _client.QueryServerAsync(server, question).ConfigureAwait(false);
            var code = response.Header.ResponseCode;
            if (code is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain))
                return (null, $"{NameOf(code)} from {server[0]}", true);
            if (!IsAbout(response, question)) return (null, $"{server[0]} answered another question", true);
            if (IsReferral(response)) return (null, $"{server[0]} only refers to other servers", true);
            return (response, "", true);
        }
        catch (DnsResponseException silence) when (silence.Code is DnsResponseCode.ConnectionTimeout)
        {
            return (null, $"no answer from {server[0]}", false);
        }
        catch (Exception unusable)
        {
            // Whatever keeps a server from giving an answer (a broken message, a closed port), it is this server's failure.
            return (null, $"{server[0]}: {unusable.GetBaseException().Message}", false);
        }
    }

    private static bool IsAbout(IDnsQueryResponse response, DnsQuestion question) =>
        response.Questions.All(q => q.QuestionType == question.QuestionType && Names.AreSame(q.QueryName, question.QueryName));

    /// <summary>A server that does not recurse points elsewhere: that is not the word "no" (RFC 2308 2.2).</summary>
    private static bool IsReferral(IDnsQueryResponse response) =>
        response.Header.ResponseCode == DnsHeaderResponseCode.NoError && response.Answers.Count == 0 && !response.Header.HasAuthorityAnswer
        && response.Authorities.NsRecords().Any() && !response.Authorities.SoaRecords().Any();

    private static string NameOf(DnsHeaderResponseCode code) => code switch
    {
        DnsHeaderResponseCode.ServerFailure => "SERVFAIL",
        DnsHeaderResponseCode.Refused => "REFUSED",
        DnsHeaderResponseCode.FormatError => "FORMERR",
        DnsHeaderResponseCode.NotImplemented => "NOTIMP",
        _ => code.ToString(),
    };

    /// <summary>Those of resolv.conf(5); without any, the one on this machine.</summary>
    private static NameServer[] OfTheSystem()
    {
        var servers = NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false);
        return servers.Count > 0 ? [.. servers] : [new NameServer(IPAddress.Loopback)];
    }
}
