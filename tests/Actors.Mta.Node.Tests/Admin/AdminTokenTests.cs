using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Node.Admin;

namespace Actors.Mta.Node.Tests.Admin;

public sealed class AdminTokenTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_line_that_was_made_is_read_as_what_it_was_made_for()
    {
        var (token, line) = AdminToken.Make("crm", AdminRight.Inject);
        File.WriteAllLines(_file, ["# who may", "", line + " # the shop", AdminToken.Make("ops", AdminRight.Act).Line]);
        var tokens = AdminToken.Read(_file);
        Assert.Equal(["crm", "ops"], tokens.Select(t => t.Name));
        Assert.Equal([AdminRight.Inject, AdminRight.Act], tokens.Select(t => t.Right));
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(token)), tokens[0].Digest);
        Assert.DoesNotContain(token, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("crm act")]
    [InlineData("crm act 1234")]
    [InlineData("crm all aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("c/m act aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_line_that_is_none_is_named(string line)
    {
        File.WriteAllLines(_file, ["# first", line]);
        Assert.Contains($"{_file}:2:", Assert.Throws<InvalidDataException>(() => AdminToken.Read(_file)).Message, StringComparison.Ordinal);
    }
}
