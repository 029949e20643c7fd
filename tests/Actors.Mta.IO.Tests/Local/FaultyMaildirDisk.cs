using Actors.Mta.IO.Local;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Tests.Local;

public enum MaildirStep { None, CreateDirectory, Create, Write, Sync, Publish, AfterPublish, SyncDirectory }

/// <summary>The real disk, which fails at a chosen step.</summary>
internal sealed class FaultyMaildirDisk : IMaildirDisk
{
    private readonly MaildirDisk _disk = new();
    private int _writing;

    public MaildirStep FailsAt { get; set; }

    public Exception Failure { get; set; } = new IOException("bad sector");

    /// <summary>True: what is left of a failed message is not tidied up, as after a crash.</summary>
    public bool Crashes { get; set; }

    public List<string> Steps { get; } = [];

    /// <summary>Held until it completes, while files are written.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public int MostWriting { get; private set; }

    public SemaphoreSlim Entered { get; } = new(0);

    public bool DirectoryExists(string path) => _disk.DirectoryExists(path);

    public void CreateDirectory(string path)
    {
        At(MaildirStep.CreateDirectory);
        _disk.CreateDirectory(path);
    }

    public SafeFileHandle Create(string path)
    {
        At(MaildirStep.Create);
        lock (Steps) MostWriting = Math.Max(MostWriting, ++_writing);
        Entered.Release();
        Gate?.Task.Wait();
        lock (Steps) _writing--;
        return _disk.Create(path);
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> octets, long offset)
    {
        At(MaildirStep.Write);
        _disk.Write(file, octets, offset);
    }

    public void Sync(SafeFileHandle file)
    {
        At(MaildirStep.Sync);
        _disk.Sync(file);
    }

    public bool Publish(string from, string to)
    {
        At(MaildirStep.Publish);
        var published = _disk.Publish(from, to);
        At(MaildirStep.AfterPublish);
        return published;
    }

    public void SyncDirectory(string path)
    {
        At(MaildirStep.SyncDirectory);
        _disk.SyncDirectory(path);
    }

    public void Delete(string path)
    {
        if (!Crashes) _disk.Delete(path);
    }

    private void At(MaildirStep step)
    {
        lock (Steps) Steps.Add(step.ToString());
        if (FailsAt == step) throw Failure;
    }
}
