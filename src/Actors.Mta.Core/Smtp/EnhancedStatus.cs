namespace Actors.Mta.Core.Smtp;

/// <summary>An enhanced mail system status code (RFC 3463), such as 5.7.1.</summary>
public readonly record struct EnhancedStatus(byte Class, ushort Subject, ushort Detail)
{
    /// <summary>Reads "5.7.1"; the class is 2, 4 or 5, subject and detail at most three digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedStatus status) => throw new NotImplementedException();

    /// <exception cref="FormatException">The text is not a status code.</exception>
    public static EnhancedStatus Parse(string text) =>
        TryParse(text, out var status) ? status : throw new FormatException($"'{text}' is not an enhanced status code.");

    public override string ToString() => $"{Class}.{Subject}.{Detail}";
}
