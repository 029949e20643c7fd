using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Users;
using Actors.Mta.Engine.Authentication;
using Actors.Mta.Engine.Tests.Fakes;
using Actors.Mta.IO.Users;
using Microsoft.Data.Sqlite;

namespace Actors.Mta.Engine.Tests.Authentication;

public sealed class UserStoreTests : IDisposable
{
    private const string Bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

    private readonly string _root = Directory.CreateTempSubdirectory("mta-").FullName;
    private readonly RecordingLog _log = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task The_users_file_is_read_again_when_it_changed_and_a_broken_one_changes_nothing()
    {
        var file = new UsersFile(Path.Combine(_root, "users"));
        file.Change(_ => "john cram=x\n");
        var time = new TestTime();
        await using var store = FileUserStore.Open(file, _log, time);
        Assert.NotNull(await store.FindAsync("JOHN", default));

        file.Change(text => text + "alice cram=yy\n");
        Assert.Empty(store.Reload());
        Assert.NotNull(await store.FindAsync("alice", default));

        file.Change(text => text + "broken\n");
        Assert.StartsWith($"{file.Path}:3: broken: has neither", Assert.Single(store.Reload()));
        Assert.NotNull(await store.FindAsync("alice", default));
        Assert.Equal(1, _log.Count("users not reloaded"));
    }

    [Fact]
    public async Task A_change_is_seen_without_being_told()
    {
        var file = new UsersFile(Path.Combine(_root, "users"));
        file.Change(_ => "john cram=x\n");
        var time = new TestTime();
        await using (var store = FileUserStore.Open(file, _log, time))
        {
            file.Change(text => text + "alice cram=yy\n");
            time.Advance(TimeSpan.FromSeconds(2));
            // The look is under way on another thread; disposing waits for it.
        }
        Assert.Equal(1, _log.Count("users reloaded"));
    }

    [Fact]
    public async Task Who_cannot_bear_new_users_does_not_end_the_watch()
    {
        var file = new UsersFile(Path.Combine(_root, "users"));
        file.Change(_ => "john cram=x\n");
        var time = new TestTime();
        // Disposing waits for the watch, and would throw what has ended it.
        await using (var store = FileUserStore.Open(file, _log, time))
        {
            store.Changed += () => throw new InvalidOperationException("no");
            file.Change(text => text + "alice cram=yy\n");
            time.Advance(TimeSpan.FromSeconds(2));
        }
        Assert.Equal(1, _log.Count($"users of {file.Path} were read, but"));
    }

    [Fact]
    public void A_missing_or_broken_file_refuses_to_open_with_all_mistakes()
    {
        var file = new UsersFile(Path.Combine(_root, "users"));
        Assert.Throws<UserStoreException>(() => FileUserStore.Open(file, _log, TimeProvider.System));
        file.Change(_ => "john\nalice\n");
        var broken = Assert.Throws<UserStoreException>(() => FileUserStore.Open(file, _log, TimeProvider.System));
        Assert.Equal(2, broken.Message.Split('\n').Length);
    }

    [Fact]
    public async Task A_query_finds_users_and_their_rights()
    {
        await using var store = Sql("SELECT password, NULL AS scram, senders, messages FROM users WHERE lower(name) = @user");
        var john = await store.FindAsync("JOHN@example.test", default);
        Assert.Equal((Bcrypt, "10/h"), (john?.PasswordHash, john?.MessageRate.ToString()));
        Assert.Equal(["@example.test"], john!.Senders.AsEnumerable());
        Assert.Null(await store.FindAsync("nobody", default));
    }

    [Theory]
    [InlineData("SELECT nothing FROM nowhere WHERE x = @user")]
    [InlineData("SELECT password, name FROM users WHERE lower(name) = @user")]
    [InlineData("SELECT 'plain' AS password FROM users WHERE lower(name) = @user")]
    [InlineData("SELECT password FROM users WHERE @user = @user")]
    public async Task What_the_database_cannot_answer_is_454(string query)
    {
        await using var store = Sql(query);
        using var authenticator = new Authenticator(store, new AuthenticatorOptions("mta.test", new byte[32]) { HashThreads = 1 }, TimeProvider.System, _log);
        using var session = authenticator.Begin("PLAIN", AuthenticatorTests.Client());
        AuthenticatorTests.Refused(await AuthenticatorTests.Next(session, "\0john@example.test\0x"), 454, "4.7.0");
    }

    [Fact]
    public async Task A_bcrypt_hash_of_others_is_understood()
    {
        await using var store = Sql("SELECT password FROM users WHERE lower(name) = @user");
        using var authenticator = new Authenticator(store, new AuthenticatorOptions("mta.test", new byte[32]) { HashThreads = 1 }, TimeProvider.System, _log);
        using var session = authenticator.Begin("PLAIN", AuthenticatorTests.Client());
        Assert.IsType<SaslResult.Succeeded>(await AuthenticatorTests.Next(session, "\0john@example.test\0abc123xyz"));
        Assert.True(PasswordHash.TryParse(Bcrypt.Replace("$2b$", "$2y$", StringComparison.Ordinal), out var other, out _));
        Assert.True(PasswordHashing.Matches(other, "abc123xyz"));
        Assert.False(PasswordHashing.Matches(other, "abc123xyZ"));
    }

    private SqlUserStore Sql(string query)
    {
        var source = $"Data Source={Path.Combine(_root, "users.db")}";
        using var connection = new SqliteConnection(source);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            CREATE TABLE users (name TEXT, password TEXT, senders TEXT, messages TEXT);
            INSERT INTO users VALUES ('John@Example.Test', '{Bcrypt}', '@example.test', '10/h'), ('other', '{Bcrypt}', NULL, NULL);
            """;
        command.ExecuteNonQuery();
        return SqlUserStore.Sqlite(source, query, TimeSpan.FromSeconds(20));
    }
}
