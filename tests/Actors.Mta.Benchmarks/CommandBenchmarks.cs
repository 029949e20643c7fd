using System.Text;
using Actors.Mta.Core.Smtp;
using BenchmarkDotNet.Attributes;

namespace Actors.Mta.Benchmarks;

/// <summary>One command line, octets to command.</summary>
[MemoryDiagnoser]
public class CommandBenchmarks
{
    private byte[] _line = [];

    [Params(
        "EHLO client.example.test",
        "MAIL FROM:<sender@example.test>",
        "MAIL FROM:<sender@example.test> SIZE=4096 BODY=8BITMIME RET=HDRS ENVID=QQ314159",
        "RCPT TO:<user@example.test>",
        "RCPT TO:<user@example.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;user@example.test",
        "DATA",
        "BDAT 4096 LAST")]
    public string Line { get; set; } = "";

    [GlobalSetup]
    public void Setup() => _line = Encoding.ASCII.GetBytes(Line);

    [Benchmark]
    public SmtpCommand Parse() => SmtpCommandParser.Parse(_line);
}
