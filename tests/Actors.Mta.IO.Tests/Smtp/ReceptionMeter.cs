using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>What one listener counts; tests give it a name of its own.</summary>
internal sealed class ReceptionMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public ReceptionMeter(string listener)
    {
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Actors.Mta") self.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var labels = new List<string>();
            var mine = false;
            foreach (var (key, label) in tags)
            {
                if (key == "listener") mine = (string?)label == listener;
                else labels.Add($"{label}");
            }
            if (mine) _counts.AddOrUpdate($"{instrument.Name} {string.Join(' ', labels)}".TrimEnd(), value, (_, old) => old + value);
        });
        _listener.Start();
    }

    public long this[string name] => _counts.GetValueOrDefault(name);

    public void Dispose() => _listener.Dispose();
}
