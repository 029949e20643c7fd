using System.Runtime.InteropServices;
using Actors.Mta.Node.Commands;

namespace Actors.Mta.Node.Hosting;

/// <summary>Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<PosixSignal> _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
        [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];

    /// <summary>Completes with the first signal.</summary>
    public Task<PosixSignal> Received => _received.Task;

    /// <summary>Cancelled with the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }

    /// <summary>As if the first signal had come: an operator wants it by other means.</summary>
    public void Stop()
    {
        if (_received.TrySetResult(PosixSignal.SIGTERM)) _stop.Cancel();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_received.TrySetResult(context.Signal)) Environment.Exit(ExitCode.Aborted);
        _stop.Cancel();
    }
}
