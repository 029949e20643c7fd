namespace Actors.Mta.Core.Recipients;

/// <summary>A place in a file that people wrote. Line 0 is the file as a whole.</summary>
public readonly record struct FileLine(string File, int Line)
{
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}";
}

/// <summary>Something that is wrong with domains, mailboxes or aliases.</summary>
/// <param name="Fatal">True: the address book is not to be used.</param>
public sealed record BookProblem(FileLine At, string Message, bool Fatal)
{
    public override string ToString() => $"{At}: {(Fatal ? "" : "warning: ")}{Message}";
}
