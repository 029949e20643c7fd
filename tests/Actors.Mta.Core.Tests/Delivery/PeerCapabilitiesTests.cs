using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Sasl.Client;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Core.Tests.Delivery;

public class PeerCapabilitiesTests
{
    [Fact]
    public void Reads_every_keyword_in_any_case()
    {
        var peer = Offering("PIPELINING", "8bitmime", "SmtpUtf8", "DSN", "CHUNKING", "STARTTLS", "ENHANCEDSTATUSCODES",
            "SIZE 52428800", "LIMITS RCPTMAX=20 MAILMAX=5 RCPTDOMAINMAX=3", "AUTH PLAIN LOGIN", "VRFY", "X-ELSE");

        var expected = new PeerCapabilities
        {
            Esmtp = true,
            Pipelining = true,
            EightBitMime = true,
            SmtpUtf8 = true,
            Dsn = true,
            Chunking = true,
            StartTls = true,
            EnhancedStatusCodes = true,
            Auth = SaslMechanisms.Plain | SaslMechanisms.Login,
            Size = 52428800,
            RecipientsMax = 20,
            MailsMax = 5,
        };
        Assert.Equal(expected, peer);
    }

    [Fact]
    public void Takes_the_first_line_for_the_name_of_the_server() =>
        Assert.Equal(new PeerCapabilities { Esmtp = true }, PeerCapabilities.FromEhlo(new SmtpReply(250, null, ["PIPELINING"])));

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", SaslMechanisms.Plain | SaslMechanisms.Login)]
    [InlineData("AUTH GSSAPI scram-sha-256 SCRAM-SHA-256-PLUS CRAM-MD5", SaslMechanisms.ScramSha256 | SaslMechanisms.CramMd5)]
    [InlineData("AUTH", SaslMechanisms.None)]
    [InlineData("AUTH=LOGIN", SaslMechanisms.None)]
    public void Reads_the_mechanisms_of_AUTH_that_it_knows(string keyword, SaslMechanisms expected) =>
        Assert.Equal(expected, Offering(keyword).Auth);

    [Theory]
    [InlineData("SIZE", 0L)]
    [InlineData("SIZE 0", 0L)]
    [InlineData("SIZE many", 0L)]
    [InlineData("SIZE 99999999999999999999", 0L)]
    [InlineData("SIZE  1000 ", 1000L)]
    public void Reads_SIZE_without_a_usable_number_as_no_limit(string keyword, long size) => Assert.Equal(size, Offering(keyword).Size);

    [Theory]
    [InlineData("LIMITS RCPTMAX=0")]
    [InlineData("LIMITS RCPTMAX=-1")]
    [InlineData("LIMITS RCPTMAX=")]
    [InlineData("LIMITS RCPTMAX")]
    [InlineData("LIMITS =5")]
    [InlineData("LIMITS")]
    public void Ignores_limits_that_are_none(string keyword) => Assert.Null(Offering(keyword).RecipientsMax);

    [Theory]
    [InlineData(null, 100, 100)]
    [InlineData(20, 100, 20)]
    [InlineData(500, 100, 100)]
    [InlineData(null, 0, 1)]
    public void Bounds_the_recipients_of_a_transaction(int? offered, int configured, int expected) =>
        Assert.Equal(expected, ClientDialogue.MaxRecipients(new PeerCapabilities { RecipientsMax = offered }, configured));

    private static PeerCapabilities Offering(params string[] keywords) =>
        PeerCapabilities.FromEhlo(new SmtpReply(250, null, ["mx.dest.test greets you", .. keywords]));
}
