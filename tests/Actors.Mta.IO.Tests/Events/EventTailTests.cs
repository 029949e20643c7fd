using System.Runtime.Versioning;
using System.Text;
using Actors.Mta.Core.Events;
using Actors.Mta.IO.Events;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Events;

[UnsupportedOSPlatform("windows")]
public sealed class EventTailTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("mta-events-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private EventLog Open(long fileBytes) => new(new EventLogOptions(_directory) { FileBytes = fileBytes }, NullLogger.Instance);

    private static void Write(EventLog log, int from, int count)
    {
        for (var i = from; i < from + count; i++) log.Add(new MailEvent(Noon.AddSeconds(i), MailEvents.Delivery, "mx.test") { Id = $"n{i:000}" });
        log.Flush();
    }

    private static IEnumerable<string> Ids(IEnumerable<ReadOnlyMemory<byte>> lines) => lines.Select(l => Encoding.UTF8.GetString(l.Span).Split("\"id\":\"")[1][..4]);

    private static IEnumerable<string> Expected(int from, int count) => Enumerable.Range(from, count).Select(i => $"n{i:000}");

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(400)]
    public void What_is_written_is_read_once_and_in_order_over_the_ends_of_files(long fileBytes)
    {
        using var log = Open(fileBytes);
        using var tail = new EventTail(_directory, EventTail.EndOf(_directory));
        Assert.Empty(tail.Read(10, 10_000, out _));
        var read = new List<string>();
        for (var i = 0; i < 100; i += 5)
        {
            Write(log, i, 5);
            read.AddRange(Ids(tail.Read(3, 10_000, out var skipped)));
            Assert.False(skipped);
        }
        while (Ids(tail.Read(7, 10_000, out _)).ToList() is { Count: > 0 } more) read.AddRange(more);
        Assert.Equal(Expected(0, 100), read);
    }

    [Fact]
    public void A_reader_goes_on_where_another_was_also_in_a_file_that_was_compressed_meanwhile()
    {
        using var log = Open(2000);
        using (var first = new EventTail(_directory, EventTail.EndOf(_directory)))
        {
            Write(log, 0, 10);
            Assert.Equal(Expected(0, 4), Ids(first.Read(4, 10_000, out _)));
            Write(log, 10, 90);
            Assert.True(EventCursor.TryParse(first.Cursor.ToString(), out var cursor));
            using var second = new EventTail(_directory, cursor);
            Assert.Equal(Expected(4, 96), Ids(second.Read(200, 1_000_000, out var skipped)));
            Assert.False(skipped);
        }
    }

    [Fact]
    public void The_end_is_behind_what_was_written_before()
    {
        using var log = Open(400);
        Write(log, 0, 20);
        using var tail = new EventTail(_directory, EventTail.EndOf(_directory));
        Assert.Empty(tail.Read(10, 10_000, out _));
        Write(log, 20, 20);
        Assert.Equal(Expected(20, 20), Ids(tail.Read(100, 1_000_000, out _)));
    }

    [Fact]
    public void What_was_removed_unread_is_told()
    {
        EventCursor cursor;
        using (var log = Open(400))
        {
            Write(log, 0, 2);
            using var first = new EventTail(_directory, new EventCursor(DateTimeOffset.UnixEpoch, 0));
            first.Read(1, 10_000, out _);
            cursor = first.Cursor;
            for (var i = 2; i < 32; i += 10) Write(log, i, 10);
        }
        File.Delete(Directory.GetFiles(_directory).Min(StringComparer.Ordinal)!);
        using var tail = new EventTail(_directory, cursor);
        Assert.NotEmpty(tail.Read(100, 1_000_000, out var skipped));
        Assert.True(skipped);
    }

    [Fact]
    public void A_line_that_a_killed_node_left_torn_is_passed_over()
    {
        File.WriteAllText(Path.Combine(_directory, "events-20260314T115900.000Z.jsonl"), "{\"id\":\"n000\"}\n{\"id\":\"n0");
        using var log = Open(1_000_000);
        Write(log, 1, 3);
        using var tail = new EventTail(_directory, new EventCursor(DateTimeOffset.UnixEpoch, 0));
        Assert.Equal(Expected(0, 4), Ids(tail.Read(100, 10_000, out _)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-03-14T12:00:00.0000000+00:00")]
    [InlineData("2026-03-14T12:00:00.0000000+00:00 -1")]
    [InlineData("noon 4")]
    public void What_is_no_cursor_is_refused(string text) => Assert.False(EventCursor.TryParse(text, out _));
}
