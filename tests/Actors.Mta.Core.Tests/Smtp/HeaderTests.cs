using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Actors.Mta.Core.Smtp;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Smtp;

/// <summary>What <see cref="BodyScanner"/> does to header sections: completes them, bounds them, finds own deliveries in them.</summary>
public sealed class HeaderTests
{
    private const string Date = "Date: D\r\n";
    private const string Id = "Message-ID: <I>\r\n";
    private static readonly HeaderCompletion Completion = new("D", "<I>");
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase) { "user@here.test", "list@here.test" };

    [Theory]
    [InlineData("Subject: x\r\n\r\nbody\r\n", "Subject: x\r\n" + Date + Id + "\r\nbody\r\n")]
    [InlineData("Date: x\r\n\r\nbody\r\n", "Date: x\r\n" + Id + "\r\nbody\r\n")]
    [InlineData("MESSAGE-id : <x>\r\nSubject: y\r\n\r\n", "MESSAGE-id : <x>\r\nSubject: y\r\n" + Date + "\r\n")]
    [InlineData("Message-ID: <x>\r\ndate: y\r\n\r\nbody", "Message-ID: <x>\r\ndate: y\r\n\r\nbody")]
    [InlineData("Resent-Date: x\r\nX-Message-ID: y\r\nDates: z\r\n\r\n", "Resent-Date: x\r\nX-Message-ID: y\r\nDates: z\r\n" + Date + Id + "\r\n")]
    [InlineData("Subject: x\r\n Date: folded\r\n\tMessage-ID: folded\r\n\r\n", "Subject: x\r\n Date: folded\r\n\tMessage-ID: folded\r\n" + Date + Id + "\r\n")]
    [InlineData("Subject: x\r\n\r\nDate: body\r\nMessage-ID: body\r\n", "Subject: x\r\n" + Date + Id + "\r\nDate: body\r\nMessage-ID: body\r\n")]
    public void Adds_what_is_missing_at_the_end_of_the_header(string message, string completed) => AssertCompleted(message, completed);

    [Theory]
    [InlineData("", Date + Id)]
    [InlineData("\r\n", Date + Id + "\r\n")]
    [InlineData("\r\nbody\r\n", Date + Id + "\r\nbody\r\n")]
    [InlineData("Subject: x\r\n", "Subject: x\r\n" + Date + Id)]
    [InlineData("Date: x\r\nMessage-ID: x\r\n", "Date: x\r\nMessage-ID: x\r\n")]
    public void Completes_a_message_that_is_hardly_one(string message, string completed) => AssertCompleted(message, completed);

    [Theory]
    [InlineData("Subject: x", "Subject: x\r\n" + Date + Id)]
    [InlineData("Subject", Date + Id + "\r\nSubject")]
    [InlineData("Date: x\r\nSubject", "Date: x\r\n" + Id + "Subject")]
    public void Completes_a_message_whose_last_line_does_not_end(string message, string completed)
    {
        for (var seed = 0; seed < 10; seed++) Assert.Equal(completed, Chunks(message, seed).Text);
    }

    [Theory]
    [InlineData("text\r\nDate: x\r\n", Date + Id + "\r\ntext\r\nDate: x\r\n")]
    [InlineData("hello world: x\r\n", Date + Id + "\r\nhello world: x\r\n")]
    [InlineData(" folded: from nothing\r\n\r\n", Date + Id + "\r\n folded: from nothing\r\n\r\n")]
    [InlineData(": x\r\n", Date + Id + "\r\n: x\r\n")]
    [InlineData("\u00ff: x\r\n", Date + Id + "\r\n\u00ff: x\r\n")]
    [InlineData("From a@b Tue\r\nDate: x\r\n\r\n", Date + Id + "\r\nFrom a@b Tue\r\nDate: x\r\n\r\n")]
    [InlineData("Subject: x\r\nno field\r\nDate: x\r\n\r\n", "Subject: x\r\n" + Date + Id + "no field\r\nDate: x\r\n\r\n")]
    public void A_line_that_is_no_field_ends_the_header(string message, string completed) => AssertCompleted(message, completed);

    [Fact]
    public void A_name_longer_than_any_is_none()
    {
        AssertCompleted(new string('x', 127) + ": y\r\n\r\n", new string('x', 127) + ": y\r\n" + Date + Id + "\r\n");
        AssertCompleted(new string('x', 129) + ": y\r\n\r\n", Date + Id + "\r\n" + new string('x', 129) + ": y\r\n\r\n");
        AssertCompleted("x" + new string(' ', 500) + ": y\r\n\r\n", Date + Id + "\r\nx" + new string(' ', 500) + ": y\r\n\r\n");
    }

    [Fact]
    public void Sees_the_lines_as_they_are_normalised()
    {
        Assert.Equal("Subject: x\r\n" + Date + Id + "\r\nb\r\n", Data("Subject: x\n\nb\r\n", 0, BareNewline.Normalise).Text);
        Assert.Equal("Date: x\r\n" + Id + "\r\n", Chunks("Date: x\r\r", 1, BareNewline.Normalise).Text);
        Assert.Equal("550 5.6.0", Code(Data("Subject: x\n\nb\r\n", 0)));
    }

    [Fact]
    public void A_message_may_grow_to_the_limit_and_no_further()
    {
        var whole = "A: b\r\n" + Date + Id + "\r\n";
        Assert.Null(Data("A: b\r\n\r\n", 3, limits: new SessionLimits { MessageSize = whole.Length }).Refusal);
        Assert.Equal("552 5.3.4", Code(Data("A: b\r\n\r\n", 3, limits: new SessionLimits { MessageSize = whole.Length - 1 })));
    }

    [Theory]
    [InlineData("Delivered-To: user@here.test\r\n\r\n", true)]
    [InlineData("delivered-to:<USER@HERE.test>\r\n\r\n", true)]
    [InlineData("Delivered-To:\r\n\t list@here.test \r\nSubject: x\r\n\r\n", true)]
    [InlineData("Delivered-To: other@here.test\r\nDelivered-To: user@here.test\r\n", true)]
    [InlineData("From a@b\r\nDelivered-To: user@here.test\r\n", true)]
    [InlineData("Delivered-To: other@here.test\r\nX-Delivered-To: user@here.test\r\n\r\n", false)]
    [InlineData("Subject: x\r\n\r\nDelivered-To: user@here.test\r\n", false)]
    [InlineData("Delivered-To: user@here.test.elsewhere.test\r\n\r\n", false)]
    public void Finds_messages_that_were_delivered_here_before(string message, bool loops)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            foreach (var scanned in new[] { Data(message, seed), Chunks(message, seed) })
            {
                Assert.Equal(loops ? "554 5.4.6" : null, Code(scanned));
                if (loops) Assert.StartsWith("Mail forwarding loop for ", scanned.Refusal!.Text);
            }
        }
    }

    [Theory]
    [InlineData("X-Tenant: Acme\r\nX-Campaign: spring sale\r\n\r\n", "Acme", "spring sale")]
    [InlineData("x-tenant:Acme\r\nSubject: x\r\n\r\nX-Campaign: no field any more\r\n", "Acme", null)]
    [InlineData("X-Campaign:\r\n  folded\r\n\r\n", null, "folded")]
    [InlineData("X-Campaign: first\r\nX-Campaign: second\r\n\r\n", null, "first")]
    [InlineData("X-Campaign: \r\nX-Campaigns: other\r\n\r\n", null, null)]
    [InlineData("X-Campaign: no end", null, "no end")]
    [InlineData("From a@b\r\nX-Campaign: behind a line that is no field\r\n\r\n", null, null)]
    public void Tells_tenant_and_campaign(string message, string? tenant, string? campaign)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            foreach (var chunks in (bool[])[true, false])
            {
                var scanner = new BodyScanner(BareNewline.Refuse, new SessionLimits(), tags: new TagFields("X-Tenant", "X-Campaign"));
                var pieces = Pieces.Cut(Encoding.Latin1.GetBytes(chunks ? message : Stuffed(message)), seed);
                Assert.Null((chunks ? Scanned.Chunks(scanner, pieces) : Scanned.Data(scanner, pieces)).Refusal);
                Assert.Equal((tenant, campaign), (scanner.Tenant, scanner.Campaign));
            }
        }
    }

    [Fact]
    public void Looks_for_no_tags_where_none_are_named()
    {
        var scanner = new BodyScanner(BareNewline.Refuse, new SessionLimits());
        Scanned.Chunks(scanner, [Encoding.ASCII.GetBytes("X-Tenant: Acme\r\n\r\n")]);
        Assert.Null(scanner.Tenant);
    }

    [Fact]
    public void A_long_delivered_to_is_bounded() =>
        Assert.Null(Data($"Delivered-To: {new string('x', 100_000)}user@here.test\r\n\r\n", 1).Refusal);

    [Theory]
    [InlineData("A: 345678\r\n", 11, false)]
    [InlineData("A: 345678\r\n\r\nlong body, long body, long body\r\n", 13, false)]
    [InlineData("A: 345678\r\nB: \r\n", 11, true)]
    [InlineData("A: 3456789012345678901234567890\r\n", 20, true)]
    [InlineData("A: 345678\r\n", 0, false)]
    [InlineData("a text that is no header section\r\n", 30, false)]
    public void Bounds_the_header(string message, int limit, bool refused) =>
        Assert.Equal(refused ? "552 5.3.4" : null, Code(Data(message, 5, limits: new SessionLimits { HeaderSize = limit })));

    [Fact]
    public void Hops_are_counted_behind_a_line_that_is_no_field() =>
        Assert.Equal("554 5.4.6", Code(Data("From a@b\r\nReceived: a\r\nReceived: b\r\n\r\n", 2, limits: new SessionLimits { Hops = 1 })));

    [Property(MaxTest = 2000)]
    public Property Agrees_with_the_plain_definition_however_the_octets_are_cut() =>
        Prop.ForAll(Pieces.Cut(Headers).ToArbitrary(), message =>
        {
            var text = Encoding.Latin1.GetString(message.Octets);
            var expected = Plain(text);
            var chunks = Scan(message.Cut, chunks: true);
            var data = Scan(Pieces.Cut(Encoding.Latin1.GetBytes(Stuffed(text)), message.Cut.Length), chunks: false);
            var lines = text.EndsWith("\r\n", StringComparison.Ordinal) || text.Length == 0 ? text : text + "\r\n";
            return chunks.Text == expected && chunks.Size == expected.Length && data.Text == Plain(lines);
        });

    private static Gen<byte[]> Headers =>
        from parts in Gen.ListOf(Gen.Elements(
            "\r\n", "\r\n", "\r\n", "Date", "date:", "Message-ID:", "Message-ID", ":", ": x", " ", "\t", "A: b\r\n", ".", "x", "\u00ff",
            "Subject: y\r\n", "\r\n\r\n"))
        select parts.SelectMany(p => p.Select(c => (byte)c)).ToArray();

    /// <summary>Line by line: fields and folded lines, then what ends them.</summary>
    private static string Plain(string message)
    {
        bool date = false, id = false, any = false;
        var at = 0;
        while (at < message.Length)
        {
            var end = message.IndexOf("\r\n", at, StringComparison.Ordinal);
            var line = end < 0 ? message[at..] : message[at..end];
            if (line.Length == 0) return Insert(blank: false);
            var folded = line[0] is ' ' or '\t';
            var field = Regex.Match(line, "^(?<name>[!-9;-~]+)[ \t]*:");
            if (!(folded && any) && !field.Success) return Insert(blank: !any);
            any = true;
            date |= !folded && field.Groups["name"].Value.Equals("Date", StringComparison.OrdinalIgnoreCase);
            id |= !folded && field.Groups["name"].Value.Equals("Message-ID", StringComparison.OrdinalIgnoreCase);
            if (end < 0)
            {
                message += "\r\n";
                end = at + line.Length;
            }
            at = end + 2;
        }
        return Insert(blank: false);

        string Insert(bool blank) => date && id
            ? message
            : message[..at] + (date ? "" : Date) + (id ? "" : Id) + (blank ? "\r\n" : "") + message[at..];
    }

    private static void AssertCompleted(string message, string completed)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var scanned = Data(message, seed);
            Assert.True(scanned.Ended);
            Assert.Null(scanned.Refusal);
            Assert.Equal(completed, message.EndsWith('\n') || message.Length == 0 ? scanned.Text : scanned.Text[..^2]);
            Assert.Equal(scanned.Message.Length, scanned.Size);
            Assert.Equal(completed, Chunks(message, seed).Text);
        }
    }

    private static Scanned Data(string message, int seed, BareNewline bare = BareNewline.Refuse, SessionLimits? limits = null) =>
        Scan(Pieces.Cut(Encoding.Latin1.GetBytes(Stuffed(message)), seed), chunks: false, bare, limits);

    private static Scanned Chunks(string message, int seed, BareNewline bare = BareNewline.Refuse) =>
        Scan(Pieces.Cut(Encoding.Latin1.GetBytes(message), seed), chunks: true, bare);

    private static string Stuffed(string message)
    {
        var wire = new ArrayBufferWriter<byte>();
        var stuffing = new DotStuffing();
        stuffing.Write(Encoding.Latin1.GetBytes(message), wire);
        stuffing.End(wire);
        return Encoding.Latin1.GetString(wire.WrittenSpan);
    }

    private static Scanned Scan(byte[][] pieces, bool chunks, BareNewline bare = BareNewline.Refuse, SessionLimits? limits = null)
    {
        var scanner = new BodyScanner(bare, limits ?? new SessionLimits(), Completion, Own);
        return chunks ? Scanned.Chunks(scanner, pieces) : Scanned.Data(scanner, pieces);
    }

    private static string? Code(Scanned scanned) => scanned.Refusal is { } reply ? $"{reply.Code} {reply.Status}" : null;
}
