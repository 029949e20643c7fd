using Npgsql;

namespace Actors.Mta.IO.Databases;

/// <summary>Connections to PostgreSQL for work that asks the same few statements over and over.</summary>
public static class PostgresSource
{
    /// <summary>Does not connect yet. The caller disposes it.</summary>
    /// <param name="connectionString">ADO.NET connection string for PostgreSQL.</param>
    /// <param name="name">How the database's administrator sees it (application_name).</param>
    /// <param name="connections">At the most.</param>
    /// <param name="patience">For one statement; null: as the connection string says.</param>
    /// <exception cref="ArgumentException">The connection string has a key that is unknown.</exception>
    public static NpgsqlDataSource Create(string connectionString, string name, int connections, TimeSpan? patience = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = name,
            MaxPoolSize = connections,
            // A statement is planned once for each connection.
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
        };
        if (patience is { } time) builder.CommandTimeout = (int)Math.Max(1, Math.Ceiling(time.TotalSeconds));
        return NpgsqlDataSource.Create(builder);
    }
}
