using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Actors.Mta.Core.Mail;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.IO.Maildrop;

/// <summary>A message from the maildrop: its envelope, and its content still to be read.</summary>
public sealed class MaildropMessage : IDisposable
{
    private const int MaxLine = 4096;
    private const int MaxRecipients = 100_000;

    private readonly BufferedStream _file;

    private MaildropMessage(MessageId id, BufferedStream file, SmtpCommand.Mail mail, ImmutableArray<Recipient> recipients) =>
        (Id, _file, Mail, Recipients) = (id, file, mail, recipients);

    /// <summary>
    /// The queue id that the message has: the same whenever this file is read, and not for its writer to choose, who could
    /// choose that of somebody else's message in the queue.
    /// </summary>
    public MessageId Id { get; }

    public SmtpCommand.Mail Mail { get; }

    public ImmutableArray<Recipient> Recipients { get; }

    /// <summary>Reads on in the content.</summary>
    /// <returns>0 at the end.</returns>
    public int Read(Span<byte> buffer) => _file.Read(buffer);

    public void Dispose() => _file.Dispose();

    /// <exception cref="FormatException">The envelope is not one.</exception>
    /// <exception cref="IOException">The file is gone or cannot be read now.</exception>
    /// <exception cref="UnauthorizedAccessException">This account may not read it.</exception>
    internal static MaildropMessage Open(string path, MessageId name)
    {
        var opened = MaildropFile.Open(path);
        var file = new BufferedStream(opened.Stream, 64 * 1024);
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
                ? new MaildropMessage(IdOf(name, opened), file, mail, recipients.ToImmutable())
                : throw new FormatException("has no recipient");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Its time is that of the name, as far as that is one.</summary>
    private static MessageId IdOf(MessageId name, MaildropFile file)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{name} {file.Owner} {file.Inode}");
        var arrived = Math.Min((long)(name.High >> 16), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
        return MessageId.Create(DateTimeOffset.FromUnixTimeMilliseconds(arrived), SHA256.HashData(Encoding.ASCII.GetBytes(text)));
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
