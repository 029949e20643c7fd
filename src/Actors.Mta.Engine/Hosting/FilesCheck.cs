using Actors.Mta.Core.Recipients;
using Actors.Mta.Core.Users;
using Actors.Mta.Engine.Delivery;
using Actors.Mta.Engine.Settings;
using Actors.Mta.IO.Recipients;
using Actors.Mta.IO.Tls;
using Actors.Mta.IO.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Mta.Engine.Hosting;

/// <summary>Reads the files that a configuration names, as a node would at its start, and changes nothing: for `mta config check`.</summary>
public static class FilesCheck
{
    /// <param name="Fatal">The node would not start with it.</param>
    public sealed record Problem(string Text, bool Fatal);

    public static IEnumerable<Problem> Run(MtaSettings settings)
    {
        if (CertificateProblem(settings) is { } certificate) yield return new Problem($"mta.tls.certificates: {certificate}", true);
        var names = new List<string>();
        if (settings.Auth.Provider == AuthProvider.File)
        {
            var users = ReadUsers(settings.Auth.File, out var unreadable);
            if (unreadable is not null) yield return new Problem($"mta.auth.file: {unreadable}", true);
            foreach (var problem in users.Problems) yield return new Problem($"{settings.Auth.File}:{problem.Line}: {problem.Message}", true);
            names.AddRange(users.InOrder.Select(u => u.Name));
        }
        var read = AddressBookFiles.Load(settings.Recipients, settings.Relay.Domains, names);
        foreach (var problem in read.Problems) yield return new Problem(problem.ToString(), problem.Fatal);
        if (read.Book is not { } book) yield break;
        foreach (var domain in book.LocalDomains.Where(d => book.RouteOf(d) is null && settings.Delivery.RouteOf(d) is null))
        {
            yield return new Problem(
                $"warning: {domain} is local, but nothing says where its mail is delivered: write a route such as lmtp:unix:/run/dovecot/lmtp behind it",
                false);
        }
    }

    private static string? CertificateProblem(MtaSettings settings)
    {
        if (settings.Tls.Certificates.IsEmpty) return null;
        try
        {
            ServerCertificates.Open(new CertificateOptions([.. settings.Tls.Certificates.Select(c => c.Source)]), NullLogger.Instance);
            return null;
        }
        catch (CertificateException e)
        {
            return e.Message;
        }
    }

    private static UsersText ReadUsers(string path, out string? unreadable)
    {
        try
        {
            unreadable = null;
            return UsersText.Parse(new UsersFile(path).Read());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unreadable = e.Message;
            return UsersText.Empty;
        }
    }
}
