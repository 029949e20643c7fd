using Microsoft.Extensions.Logging;

namespace Actors.Mta.IO.Tls;

/// <summary>
/// Looks at the files of some certificates from time to time, and has them reloaded when they change. Never throws by itself.
/// </summary>
public sealed partial class CertificateWatch : IAsyncDisposable
{
    private readonly ServerCertificates _certificates;
    private readonly ILogger _log;
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    public CertificateWatch(ServerCertificates certificates, ILogger log, TimeProvider? time = null)
    {
        (_certificates, _log) = (certificates, log);
        _timer = new PeriodicTimer(certificates.PollInterval, time ?? TimeProvider.System);
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                _certificates.ReloadIfChanged();
            }
            catch (Exception e)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking at the certificates failed, going on")]
    private partial void LogFailed(Exception e);
}
