using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net.Security;
using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// The certificates of a node, chosen by the name that a client asks for. A reload replaces all of them or none: connections
/// that stand keep theirs, and a file that is wrong leaves the old ones in use. All members may be called from any thread.
/// </summary>
public sealed partial class ServerCertificates
{
    private readonly CertificateOptions _options;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Lock _loading = new();
    private volatile Set _set;
    private FileStamps _stamps;

    private ServerCertificates(CertificateOptions options, ILogger log, TimeProvider time)
    {
        (_options, _log, _time) = (options, log, time);
        _stamps = FileStamps.Of(options.Sources);
        _set = Set.Load(options.Sources);
        WarnOfAge();
    }

    /// <summary>What is in use now, the default first.</summary>
    public IReadOnlyList<CertificateFacts> Facts => _set.Facts;

    public TimeSpan PollInterval => _options.PollInterval;

    /// <exception cref="CertificateException">One of the sources cannot be used, or there is none.</exception>
    public static ServerCertificates Open(CertificateOptions options, ILogger log, TimeProvider? time = null) =>
        new(options, log, time ?? TimeProvider.System);

    /// <summary>Reads the files anew. False when one of them is wrong: nothing has changed then.</summary>
    /// <param name="message">What was loaded, or what is wrong with which file.</param>
    public bool TryReload(out string message)
    {
        lock (_loading)
        {
            // Looked at before the reading, so that a change during it is seen the next time.
            _stamps = FileStamps.Of(_options.Sources);
            try
            {
                _set = Set.Load(_options.Sources);
            }
            catch (CertificateException e)
            {
                message = e.Message;
                LogKept(e.Message);
                return false;
            }
            message = Describe();
            LogLoaded(message);
            WarnOfAge();
            return true;
        }
    }

    /// <summary>Reloads when a file is not what it was at the last attempt. False when nothing was loaded.</summary>
    public bool ReloadIfChanged()
    {
        lock (_loading) return !FileStamps.Of(_options.Sources).Equals(_stamps) && TryReload(out _);
    }

    /// <summary>The certificate for this name, for servers that are not of this room.</summary>
    public SslStreamCertificateContext ContextFor(string? serverName) => Choose(serverName).ForHandshake(askClient: false).ServerCertificateContext!;

    /// <summary>The one for this name: exact, then by wildcard, then the default.</summary>
    internal LoadedCertificate Choose(string? serverName) => _set.Choose(serverName);

    private string Describe() => string.Join(", ", Facts.Select(f => string.Create(
        CultureInfo.InvariantCulture, $"{f.File} ({string.Join(' ', f.Names)}, until {f.NotAfter:yyyy-MM-dd})")));

    private void WarnOfAge()
    {
        var now = _time.GetUtcNow();
        foreach (var facts in Facts)
        {
            if (facts.NotAfter <= now) LogExpired(facts.File, facts.NotAfter);
            else if (facts.NotBefore > now) LogNotYet(facts.File, facts.NotBefore);
        }
    }

    private sealed class Set(ImmutableArray<LoadedCertificate> all)
    {
        private readonly FrozenDictionary<string, LoadedCertificate> _byName = all
            .SelectMany(c => c.Facts.Names, (c, name) => (Name: name, Certificate: c))
            .DistinctBy(x => x.Name)
            .ToFrozenDictionary(x => x.Name, x => x.Certificate, StringComparer.OrdinalIgnoreCase);

        public ImmutableArray<CertificateFacts> Facts { get; } = [.. all.Select(c => c.Facts)];

        public static Set Load(ImmutableArray<CertificateSource> sources) => sources.IsDefaultOrEmpty
            ? throw new CertificateException("no certificate is configured")
            : new Set([.. sources.Select(CertificateLoader.Load)]);

        public LoadedCertificate Choose(string? name)
        {
            if (name is null) return all[0];
            if (_byName.TryGetValue(name, out var exact)) return exact;
            // A wildcard stands for one label (RFC 6125 6.4.3).
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            return dot > 0 && _byName.TryGetValue("*" + name[dot..], out var wild) ? wild : all[0];
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificates loaded: {Certificates}")]
    private partial void LogLoaded(string certificates);

    [LoggerMessage(Level = LogLevel.Error, Message = "Certificates not reloaded, the old ones stay in use: {Problem}")]
    private partial void LogKept(string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Certificate {File} has expired at {NotAfter}")]
    private partial void LogExpired(string file, DateTimeOffset notAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Certificate {File} is not valid before {NotBefore}")]
    private partial void LogNotYet(string file, DateTimeOffset notBefore);
}
