using System.Runtime.Versioning;
using Actors.Mta.Core.Events;
using Actors.Mta.IO.Events;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.IO.Tests.Events;

[UnsupportedOSPlatform("windows")]
public sealed class EventLogTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("mta-events-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private EventLogOptions Options(long fileBytes = 1_000_000, long keep = 1_000_000_000) => new(_directory) { FileBytes = fileBytes, KeepBytes = keep };

    private static MailEvent Delivery(int n, string id = "01KE7ZZZZZZZZZZZZZZZZZZZZZ") =>
        new(Noon.AddSeconds(n), MailEvents.Delivery, "mx.example.test") { Id = id, From = "a@one.test", To = $"r{n}@two.test", Reply = "250 2.0.0 Ok \"grüße\"" };

    private string[] Files() => [.. Directory.GetFiles(_directory).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static EventLog Open(EventLogOptions options) => new(options, NullLogger.Instance);

    [Fact]
    public void What_was_added_is_a_line_of_json_after_a_flush()
    {
        using var log = Open(Options());
        log.Add(Delivery(1));
        log.Flush();

        var file = Assert.Single(Files());
        Assert.Equal("events-20260314T120001.000Z.jsonl", file);
        using var reader = new StreamReader(new FileStream(Path.Combine(_directory, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(
            """{"time":"2026-03-14T12:00:01+00:00","event":"delivery","node":"mx.example.test","id":"01KE7ZZZZZZZZZZZZZZZZZZZZZ","from":"a@one.test","to":"r1@two.test","reply":"250 2.0.0 Ok \"grüße\""}""",
            reader.ReadLine());
    }

    [Fact]
    public void Nobody_else_may_read_who_writes_to_whom()
    {
        var place = Path.Combine(_directory, "events");
        using (var log = Open(new EventLogOptions(place) { FileBytes = 1 }))
        {
            log.Add(Delivery(1));
            log.Flush();
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(place));
        Assert.All(Directory.GetFiles(place), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public void Nothing_of_a_message_is_missed_however_many_files_it_is_in()
    {
        using (var log = Open(Options(fileBytes: 1000)))
        {
            for (var i = 0; i < 50; i++)
            {
                log.Add(Delivery(i, i % 5 == 0 ? "01KE7ZZZZZZZZZZZZZZZZZZZZZ" : "01KE7AAAAAAAAAAAAAAAAAAAAA"));
                log.Flush();
            }
            var found = EventSearch.OfMessage(_directory, "01KE7ZZZZZZZZZZZZZZZZZZZZZ", Noon, 1000);
            Assert.Equal(Enumerable.Range(0, 10).Select(i => $"r{i * 5}@two.test"), found.Select(e => e.To!));
        }
        Assert.True(Files().Length > 3);
        Assert.All(Files().SkipLast(1), f => Assert.EndsWith(".gz", f, StringComparison.Ordinal));
    }

    [Fact]
    public void The_latest_are_found_when_there_are_more_than_were_asked_for()
    {
        using var log = Open(Options());
        for (var i = 0; i < 20; i++) log.Add(Delivery(i));
        log.Flush();

        Assert.Equal(["r18@two.test", "r19@two.test"], EventSearch.OfAddress(_directory, "A@One.Test", Noon, 2).Select(e => e.To!));
        Assert.Equal("r7@two.test", Assert.Single(EventSearch.OfAddress(_directory, "r7@two.test", Noon, 2)).To);
        Assert.Empty(EventSearch.OfAddress(_directory, "r7@two.test", Noon.AddSeconds(8), 2));
        // A part of an address is not the address.
        Assert.Empty(EventSearch.OfAddress(_directory, "two.test", Noon, 2));
    }

    [Fact]
    public void A_restart_completes_the_file_that_was_open_and_a_line_that_was_cut_does_not_matter()
    {
        using (var log = Open(Options())) log.Add(Delivery(1));
        File.AppendAllText(Path.Combine(_directory, Assert.Single(Files())), """{"time":"2026-03-14T12""");

        using (var log = Open(Options()))
        {
            log.Add(Delivery(2));
            log.Flush();
            Assert.Equal(["events-20260314T120001.000Z.jsonl.gz", "events-20260314T120002.000Z.jsonl"], Files());
        }
        Assert.Equal(["r1@two.test", "r2@two.test"], EventSearch.OfAddress(_directory, "a@one.test", Noon, 10).Select(e => e.To!));
    }

    [Fact]
    public void The_oldest_files_go_when_there_are_too_many_octets()
    {
        using (var log = Open(Options(fileBytes: 1000, keep: 600)))
        {
            for (var i = 0; i < 100; i++)
            {
                log.Add(Delivery(i));
                log.Flush();
            }
        }
        Assert.True(Files().Where(f => f.EndsWith(".gz", StringComparison.Ordinal)).Sum(f => new FileInfo(Path.Combine(_directory, f)).Length) <= 600);
        Assert.Equal("r99@two.test", EventSearch.OfAddress(_directory, "a@one.test", Noon, 1)[0].To);
    }

    [Fact]
    public void A_disk_that_fails_loses_events_counts_them_and_is_used_again_when_it_is_back()
    {
        var place = Path.Combine(_directory, "below");
        using var log = Open(new EventLogOptions(place) { FileBytes = 1 });
        log.Add(Delivery(1));
        log.Flush();
        Directory.Delete(place, recursive: true);
        File.WriteAllText(place, "in the way");

        log.Add(Delivery(2));
        log.Flush();
        Assert.Equal(1, log.Dropped);

        File.Delete(place);
        Directory.CreateDirectory(place);
        log.Add(Delivery(3));
        log.Flush();
        Assert.Equal("r3@two.test", Assert.Single(EventSearch.OfAddress(place, "a@one.test", Noon, 10)).To);
    }
}
