using System.Collections.Immutable;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Maildrop;

/// <summary>A message from the maildrop: its envelope, and its content still to be read.</summary>
public sealed class MaildropMessage : IDisposable
{
    private const int MaxLine = 4096;
    private const int MaxRecipients = 100_000;

    private readonly BufferedStream _file;

    private MaildropMessage(BufferedStream file, SmtpCommand.Mail mail, ImmutableArray<Recipient> recipients) =>
        (_file, Mail, Recipients) = (file, mail, recipients);

    public SmtpCommand.Mail Mail { get; }

    public ImmutableArray<Recipient> Recipients { get; }

    /// <summary>Reads on in the content.</summary>
    /// <returns>0 at the end.</returns>
    public int Read(Span<byte> buffer) => _file.Read(buffer);

    public void Dispose() => _file.Dispose();

    /// <exception cref="FormatException">The envelope is not one.</exception>
    internal static MaildropMessage Open(string path)
    {
        // A link in the file's place would have the node read, and send, what its maker may not read.
        if (new FileInfo(path) is { LinkTarget: not null }) throw new FormatException("is a link");
        // A pipe would never end.
        if (!OperatingSystem.IsWindows() && (File.GetAttributes(path) & (FileAttributes.Device | FileAttributes.Directory)) != 0)
            throw new FormatException("is no file");
        var file = new BufferedStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0), 64 * 1024);
        try
        {
            if (ReadCommand(file) is not SmtpCommand.Mail mail) throw new FormatException("does not begin with MAIL");
            var recipients = ImmutableArray.CreateBuilder<Recipient>();
            while (ReadCommand(file) is { } command)
            {
                if (command is not SmtpCommand.Rcpt rcpt) throw new FormatException($"has a bad envelope: line {recipients.Count + 2}");
                if (rcpt.Recipient.Address.DomainText.IsEmpty) throw new FormatException("has a recipient without a domain");
                if (recipients.Count == MaxRecipients) throw new FormatException($"has more than {MaxRecipients} recipients");
                recipients.Add(rcpt.Recipient);
            }
            return recipients.Count > 0
                ? new MaildropMessage(file, mail, recipients.ToImmutable())
                : throw new FormatException("has no recipient");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Null at the empty line.</summary>
    private static SmtpCommand? ReadCommand(BufferedStream file)
    {
        Span<byte> line = stackalloc byte[MaxLine];
        for (var length = 0; length < MaxLine; length++)
        {
            var octet = file.ReadByte();
            if (octet < 0) throw new FormatException("ends in its envelope");
            line[length] = (byte)octet;
            if (octet != '\n') continue;
            var text = line[..length].TrimEnd((byte)'\r');
            return text.IsEmpty ? null : SmtpCommandParser.Parse(text);
        }
        throw new FormatException("has a line that is too long in its envelope");
    }
}
