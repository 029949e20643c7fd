using System.Text.Json;
using Actors.Mta.EndToEnd.Tests.World;

namespace Actors.Mta.EndToEnd.Tests.Scenarios;

/// <summary>`mta user …`: the users file as an operator changes it.</summary>
public sealed class UserCommands : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mta-").FullName;
    private readonly string _file;

    public UserCommands() => _file = Path.Combine(_directory, "users");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Adds_lists_changes_and_removes_and_never_shows_a_secret()
    {
        await File.WriteAllTextAsync(_file, "# staff\n");
        (await UserAsync("sesame", "add", "john@example.test", "--messages", "100/h", "--cram", "--password-stdin")).Succeeded();
        var before = await File.ReadAllTextAsync(_file);
        Assert.StartsWith("# staff\njohn@example.test password=$argon2id$", before, StringComparison.Ordinal);

        var list = (await UserAsync("", "list", "--json")).Succeeded();
        var john = JsonDocument.Parse(list.Output).RootElement[0];
        Assert.Equal(("john@example.test", "100/h"), (john.GetProperty("name").GetString(), john.GetProperty("messages").GetString()));
        Assert.DoesNotContain("$argon2id$", list.Output + (await UserAsync("", "list")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", list.Output, StringComparison.Ordinal);

        (await UserAsync("new", "password", "JOHN@example.test", "--password-stdin")).Succeeded();
        Assert.NotEqual(before, await File.ReadAllTextAsync(_file));
        (await UserAsync("", "remove", "john@example.test")).Succeeded();
        Assert.Equal("# staff\n", await File.ReadAllTextAsync(_file));
    }

    [Fact]
    public async Task Says_what_is_wrong_and_changes_nothing()
    {
        (await UserAsync("x", "add", "john", "--password-stdin")).Succeeded();
        Assert.Equal(1, (await UserAsync("x", "add", "JOHN", "--password-stdin")).ExitCode);
        Assert.Equal(1, (await UserAsync("", "remove", "nobody")).ExitCode);
        Assert.Equal(1, (await UserAsync("", "add", "alice", "--password-stdin")).ExitCode);
        Assert.Equal(2, (await UserAsync("x", "add", "alice", "--messages", "many", "--password-stdin")).ExitCode);
        await File.AppendAllTextAsync(_file, "alice secret\n");
        var broken = await UserAsync("x", "add", "bob", "--password-stdin");
        Assert.Equal(78, broken.ExitCode);
        Assert.Contains($"{_file}:2: alice: ", broken.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", broken.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await File.ReadAllLinesAsync(_file)).Length);
    }

    private Task<ProgramResult> UserAsync(string input, params string[] arguments) => NodeProcess.ProgramAsync(
        System.Text.Encoding.UTF8.GetBytes(input + "\n"), ["user", .. arguments, "--file", _file]);
}
