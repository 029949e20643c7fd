using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Actors.Mta.Core.Mail;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Tests;

/// <summary>The "Never" list of the architecture: what each room may know, and how things are named.</summary>
public sealed partial class HouseRulesTests
{
    private static readonly Assembly Core = typeof(DomainName).Assembly;
    private static readonly Assembly IO = typeof(ISpool).Assembly;
    private static readonly Assembly Engine = typeof(MtaSettings).Assembly;

    [Fact]
    public void Core_references_nothing_but_the_base_class_library()
    {
        Assert.All(Core.GetReferencedAssemblies(), a => Assert.StartsWith("System.", a.Name!));
        Assert.DoesNotMatch("PackageReference|ProjectReference", ReadSource("src/Actors.Mta.Core/Actors.Mta.Core.csproj"));
    }

    [Fact]
    public void Core_knows_no_sockets_files_tasks_clocks_or_randomness()
    {
        var (types, members) = References(Core);
        string[] forbidden =
        [
            "System.Net.Sockets", "System.Threading", "System.IO.File", "System.IO.Directory", "System.IO.FileStream", "System.Random",
            "System.Diagnostics.Stopwatch", "System.TimeProvider", "System.Console",
            "System.Security.Cryptography.RandomNumberGenerator",
        ];
        // Of System.Environment every iterator uses the id of its thread; what a program could learn there is named below.
        // The family of an address is a number in that namespace, not a socket.
        types.Remove("System.Net.Sockets.AddressFamily");
        Assert.DoesNotContain(types, t => forbidden.Any(f => t == f || t.StartsWith(f + ".", StringComparison.Ordinal)));
        Assert.Empty(members.Intersect(
            ["get_UtcNow", "get_Now", "NewGuid", "CreateVersion7", "get_TickCount", "get_TickCount64", "get_MachineName", "GetEnvironmentVariable"]));
    }

    [Fact]
    public void IO_references_Core_DnsClient_and_Npgsql_and_no_actors()
    {
        string[] foreign = [.. IO.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => !n.StartsWith("System.", StringComparison.Ordinal) && !n.StartsWith("Microsoft.", StringComparison.Ordinal))];
        Assert.Empty(foreign.Except(["Actors.Mta.Core", "DnsClient", "Npgsql"]));
    }

    [Fact]
    public void Engine_touches_no_socket_and_only_its_edges_touch_files()
    {
        Assert.Empty(Sources("src/Actors.Mta.Engine").Where(s => Socket().IsMatch(s.Code)).Select(s => s.Path));
        // Persistence keeps its database there; Hosting makes the data directory.
        Assert.Empty(Sources("src/Actors.Mta.Engine").Where(s => !s.IsIn("Persistence", "Hosting") && FileAccess().IsMatch(s.Code)).Select(s => s.Path));
    }

    [Fact]
    public void Config_stays_where_settings_are_read_and_the_actor_system_is_built()
    {
        // Akka's plug-ins take Config; Persistence configures them.
        var elsewhere = Sources("src/Actors.Mta.Engine").Where(s => !s.IsIn("Settings", "Hosting", "Persistence"))
            .Concat(Sources("src/Actors.Mta.Node"));
        Assert.Empty(elsewhere.Where(s => s.Code.Contains("Akka.Configuration", StringComparison.Ordinal)).Select(s => s.Path));
    }

    [Fact]
    public void Generated_protobuf_stays_in_Persistence() => Assert.Empty(
        Sources("src").Where(s => !s.IsIn("Persistence") && s.Code.Contains("Google.Protobuf", StringComparison.Ordinal)).Select(s => s.Path));

    [Fact]
    public void Reception_and_Delivery_know_only_DeliveryProtocol_of_each_other()
    {
        // QueueDepth is the one number that reception reads at MAIL without asking an actor.
        string[] shared = ["DeliveryProtocol", "QueueDepth"];
        Assert.Empty(Mentions("Reception", TypesOf("Delivery").Except(shared)));
        Assert.Empty(Mentions("Delivery", TypesOf("Reception").Except(shared)));
    }

    [Fact]
    public void The_load_generator_knows_neither_Engine_nor_Node()
    {
        var project = RepositoryRoot.File("src", "Actors.Mta.LoadGen", "Actors.Mta.LoadGen.csproj");
        if (File.Exists(project)) Assert.DoesNotMatch("Mta.Engine|Mta.Node", File.ReadAllText(project));
    }

    [Fact]
    public void Nothing_is_called_Common_Shared_Utils_or_Helpers()
    {
        var names = Directory.EnumerateDirectories(RepositoryRoot.Path, "*", SearchOption.AllDirectories)
            .Select(d => Path.GetRelativePath(RepositoryRoot.Path, d))
            .Where(d => !d.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj" or ".git" or "node_modules"));
        Assert.DoesNotContain(names, d => d.Split(Path.DirectorySeparatorChar, '.').Any(p => p is "Common" or "Shared" or "Utils" or "Helpers"));
    }

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void Namespaces_are_file_scoped_and_equal_their_folders(string root)
    {
        foreach (var source in Sources(root))
        {
            var declared = Namespace().Match(source.Code);
            if (!declared.Success)
            {
                Assert.True(Path.GetFileName(source.Path) is "Program.cs" or "AssemblyInfo.cs" || !Declares().IsMatch(source.Code), source.Path);
                continue;
            }
            var folder = Path.GetDirectoryName(Path.GetRelativePath(root, source.Path))!.Replace(Path.DirectorySeparatorChar, '.');
            Assert.True(declared.Groups["end"].Value == ";", $"{source.Path}: the namespace is not file-scoped");
            Assert.True(declared.Groups["name"].Value == folder, $"{source.Path}: namespace {declared.Groups["name"].Value}");
        }
    }

    [Fact]
    public void Every_class_is_sealed_static_or_abstract()
    {
        var open = new[] { Core, IO, Engine }.SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && !IsGenerated(t));
        Assert.Empty(open.Select(t => t.FullName));
    }

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute)) || type.Name.Contains('<')
        || typeof(Google.Protobuf.IMessage).IsAssignableFrom(type) || (type.DeclaringType is { } outer && IsGenerated(outer));

    private static IEnumerable<string> TypesOf(string room) => Engine.GetTypes()
        .Where(t => t.Namespace == $"Actors.Mta.Engine.{room}" && !t.IsNested && !IsGenerated(t)).Select(t => t.Name.Split('`')[0]);

    private static IEnumerable<string> Mentions(string room, IEnumerable<string> types)
    {
        var any = new Regex($@"\b({string.Join('|', types.Append("NoSuchType"))})\b");
        return Sources($"src/Actors.Mta.Engine/{room}").SelectMany(s => any.Matches(s.Code).Select(m => $"{s.Path}: {m.Value}")).Distinct();
    }

    /// <summary>The types and members of other assemblies that an assembly uses anywhere.</summary>
    private static (HashSet<string> Types, HashSet<string> Members) References(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        return (
            [.. metadata.TypeReferences.Select(metadata.GetTypeReference)
                .Select(t => $"{metadata.GetString(t.Namespace)}.{metadata.GetString(t.Name)}")],
            [.. metadata.MemberReferences.Select(m => metadata.GetString(metadata.GetMemberReference(m).Name))]);
    }

    private static IEnumerable<SourceFile> Sources(string root) =>
        Directory.EnumerateFiles(RepositoryRoot.File(root.Split('/')), "*.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(RepositoryRoot.Path, f))
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj"))
            .Select(f => new SourceFile(f, Blank().Replace(ReadSource(f), "")));

    private static string ReadSource(string path) => File.ReadAllText(Path.Combine(RepositoryRoot.Path, path));

    /// <param name="Path">From the repository's root.</param>
    /// <param name="Code">Without comments and strings.</param>
    private sealed record SourceFile(string Path, string Code)
    {
        public bool IsIn(params string[] rooms) => rooms.Any(r => Path.Split(System.IO.Path.DirectorySeparatorChar).Contains(r));
    }

    [GeneratedRegex("\"\"\".*?\"\"\"|//[^\n]*|/\\*.*?\\*/|\"(\\\\.|[^\"\\\\\n])*\"", RegexOptions.Singleline)]
    private static partial Regex Blank();

    [GeneratedRegex(@"\b(Socket|TcpClient|TcpListener|UdpClient|NetworkStream|SslStream)\b")]
    private static partial Regex Socket();

    [GeneratedRegex(@"(?<![\w.])(File|Directory|FileStream|FileInfo|DirectoryInfo|RandomAccess|DriveInfo)(\.|\()|\bnew FileStream\b")]
    private static partial Regex FileAccess();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)\s*(?<end>[;{])", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+\w")]
    private static partial Regex Declares();
}
