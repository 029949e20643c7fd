using System.Text.Json;
using Actors.Mta.Core.Users;
using Spectre.Console;

namespace Actors.Mta.Node.Commands;

/// <summary>Users for people and for programs. What they could log in with is named, never shown.</summary>
internal static class UserTable
{
    public static void Write(IEnumerable<UserAccount> users)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("USER", "LOGS IN BY", "SENDS AS", "MESSAGES", "RECIPIENTS");
        foreach (var user in users)
        {
            table.AddRow(
                Terminal.Safe(user.Name), string.Join(", ", LogsInBy(user)), Terminal.Safe(SendsAs(user)),
                user.MessageRate?.ToString() ?? "default", user.RecipientRate?.ToString() ?? "default");
        }
        Terminal.Out.Write(table);
    }

    public static void WriteJson(IEnumerable<UserAccount> users)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var user in users) WriteJson(json, user);
            json.WriteEndArray();
        }
        output.WriteByte((byte)'\n');
    }

    private static void WriteJson(Utf8JsonWriter json, UserAccount user)
    {
        json.WriteStartObject();
        json.WriteString("name", user.Name);
        WriteList("logsInBy", LogsInBy(user));
        WriteList("senders", user.Senders);
        json.WriteString("messages", user.MessageRate?.ToString());
        json.WriteString("recipients", user.RecipientRate?.ToString());
        json.WriteEndObject();

        void WriteList(string name, IEnumerable<string> items)
        {
            json.WriteStartArray(name);
            foreach (var item in items) json.WriteStringValue(item);
            json.WriteEndArray();
        }
    }

    private static IEnumerable<string> LogsInBy(UserAccount user)
    {
        if (user.PasswordHash is not null) yield return "password";
        if (user.ScramVerifier is not null) yield return "scram";
        if (user.CramSecret is not null) yield return "cram";
    }

    private static string SendsAs(UserAccount user) => user.Senders.IsEmpty ? "own name" : string.Join(", ", user.Senders);
}
