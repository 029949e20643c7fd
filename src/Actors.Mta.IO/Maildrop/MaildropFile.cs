using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Actors.Mta.IO.Maildrop;

/// <summary>
/// Opens a file that somebody else, who need not mean well, has left in a directory. What was opened is looked at, not what the
/// name stood for before; nothing waits for the other end of a pipe, no link is followed, and a second name of somebody
/// else's file is refused. On systems other than Linux only the name is looked at.
/// </summary>
/// <param name="Owner">User id; 0 where systems do not tell.</param>
/// <param name="Inode">0 where systems do not tell.</param>
internal readonly record struct MaildropFile(FileStream Stream, uint Owner, ulong Inode)
{
    private const int NoSuchFile = 2, NoSuchDevice = 6, NotPermitted = 1, AccessDenied = 13, TooManyLinks = 40;

    /// <exception cref="FormatException">It is no plain file of one name.</exception>
    /// <exception cref="IOException">It is gone or cannot be opened now.</exception>
    /// <exception cref="UnauthorizedAccessException">This account may not read it.</exception>
    public static MaildropFile Open(string path) => OperatingSystem.IsLinux() ? OpenHere(path) : OpenElsewhere(path);

    private static MaildropFile OpenHere(string path)
    {
        var descriptor = Native.open(path, Native.NonBlocking | Native.CloseOnExec | Native.NoFollow);
        if (descriptor < 0) throw Failure(path, Marshal.GetLastPInvokeError());
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Span<byte> facts = stackalloc byte[Native.FactsLength];
            if (Native.statx(descriptor, "", Native.EmptyPath, Native.BasicFacts, ref MemoryMarshal.GetReference(facts)) != 0)
                throw Failure(path, Marshal.GetLastPInvokeError());
            // struct statx has the same layout on all architectures.
            if ((BitConverter.ToUInt16(facts[28..]) & Native.KindOfFile) != Native.PlainFile)
                throw new FormatException("is no file");
            if (BitConverter.ToUInt32(facts[16..]) != 1) throw new FormatException("has more than one name");
            return new MaildropFile(new FileStream(handle, FileAccess.Read, 0), BitConverter.ToUInt32(facts[20..]), BitConverter.ToUInt64(facts[32..]));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static MaildropFile OpenElsewhere(string path)
    {
        if (new FileInfo(path) is { LinkTarget: not null }) throw new FormatException("is a link");
        if ((File.GetAttributes(path) & (FileAttributes.Device | FileAttributes.Directory)) != 0) throw new FormatException("is no file");
        return new MaildropFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0), 0, 0);
    }

    private static Exception Failure(string path, int error)
    {
        var reason = new Win32Exception(error);
        var text = $"{path}: {reason.Message}";
        return error switch
        {
            TooManyLinks => new FormatException("is a link"),
            // A socket, or a device that is not there.
            NoSuchDevice => new FormatException("is no file"),
            NoSuchFile => new FileNotFoundException(text, path, reason),
            NotPermitted or AccessDenied => new UnauthorizedAccessException(text, reason),
            _ => new IOException(text, reason),
        };
    }

    /// <summary>.NET opens without these flags only.</summary>
    private static class Native
    {
        internal const int NonBlocking = 0x800, CloseOnExec = 0x80000;
        internal const int EmptyPath = 0x1000, FactsLength = 256;
        internal const uint BasicFacts = 0x7ff;
        internal const int KindOfFile = 0xF000, PlainFile = 0x8000;

        internal static readonly int NoFollow =
            RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

        [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        internal static extern int open(string path, int flags);

        [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        internal static extern int statx(int directory, string path, int flags, uint mask, ref byte facts);
    }
}
