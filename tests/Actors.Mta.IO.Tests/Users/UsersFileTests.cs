using Actors.Mta.IO.Users;

namespace Actors.Mta.IO.Tests.Users;

public sealed class UsersFileTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mta-").FullName;
    private readonly UsersFile _file;

    public UsersFileTests() => _file = new UsersFile(Path.Combine(_root, "users"));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_change_shows_in_the_stamp_and_leaves_nothing_beside_the_file()
    {
        Assert.Null(_file.Stamp());
        _file.Change(text => text + "one\n");
        var first = _file.Stamp();
        _file.Change(text => text + "two\n");
        Assert.NotEqual(first, _file.Stamp());
        Assert.Equal("one\ntwo\n", _file.Read());
        Assert.Empty(Directory.GetFiles(_root, "*.tmp"));
    }

    [Fact]
    public void Nothing_changes_when_the_change_is_not_wanted_or_fails()
    {
        _file.Change(_ => "one\n");
        var before = _file.Stamp();
        _file.Change(_ => null);
        Assert.Throws<InvalidOperationException>(() => _file.Change(_ => throw new InvalidOperationException()));
        Assert.Equal(before, _file.Stamp());
    }

    [Fact]
    public void Two_do_not_change_it_at_once()
    {
        _file.Change(outer =>
        {
            Assert.Throws<IOException>(() => _file.Change(inner => inner));
            return outer + "one\n";
        });
        Assert.Equal("one\n", _file.Read());
    }

    [SkippableFact]
    public void A_new_file_is_for_its_owner_and_an_old_one_keeps_its_mode()
    {
        Skip.If(OperatingSystem.IsWindows(), "modes are for Unix");
        _file.Change(_ => "one\n");
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(_file.Path), 8));
        File.SetUnixFileMode(_file.Path, (UnixFileMode)0b110_100_000);
        _file.Change(_ => "two\n");
        Assert.Equal("640", Convert.ToString((int)File.GetUnixFileMode(_file.Path), 8));
    }

    [Fact]
    public void A_file_that_is_not_utf8_is_refused()
    {
        File.WriteAllBytes(_file.Path, [0xff, 0xfe]);
        Assert.Throws<IOException>(_file.Read);
    }

    [Fact]
    public void The_nodes_secret_is_made_once()
    {
        var path = Path.Combine(_root, "auth.secret");
        var secret = NodeSecretFile.ReadOrMake(path);
        Assert.Equal(32, secret.Length);
        Assert.Equal(secret, NodeSecretFile.ReadOrMake(path));
    }
}
