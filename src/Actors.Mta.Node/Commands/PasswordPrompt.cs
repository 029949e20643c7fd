using System.Text;

namespace Actors.Mta.Node.Commands;

/// <summary>Gets a new password: twice from the terminal without echo, or one line of standard input.</summary>
internal static class PasswordPrompt
{
    /// <returns>Null when there is none, with the reason told.</returns>
    public static string? Read(bool fromStandardInput)
    {
        if (fromStandardInput) return Check(Console.In.ReadLine());
        if (Console.IsInputRedirected)
        {
            Terminal.Failure("standard input is no terminal; give the password with --password-stdin");
            return null;
        }
        var first = Ask("Password: ");
        var second = Ask("Again: ");
        if (first == second) return Check(first);
        Terminal.Failure("the two are not the same; nothing was changed");
        return null;
    }

    private static string? Check(string? password)
    {
        if (!string.IsNullOrEmpty(password) && !password.Any(char.IsControl)) return password;
        Terminal.Failure(string.IsNullOrEmpty(password) ? "the password is empty" : "the password holds a control character");
        return null;
    }

    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace) text.Length = Math.Max(0, text.Length - 1);
            else if (key.KeyChar != '\0') text.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return text.ToString();
    }
}
