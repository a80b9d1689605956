using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dovetail.Store.Sqlite;

/// <summary>Copies of a store's database, made while it is in use.</summary>
public static class StoreBackup
{
    /// <summary>Copies the database, history included, as it is at one moment. Its owner may go on writing: the copy reads one view of it, and takes no lock that a writer waits for.</summary>
    /// <param name="source">The database file; in use or not.</param>
    /// <param name="destination">A file that is not there yet. When this returns it is on disk.</param>
    /// <returns>The newest revision in the copy.</returns>
    public static long Copy(string source, string destination)
    {
        Batteries_V2.Init();
        using (var from = Open(source, SqliteOpenMode.ReadWrite))
        using (var to = Open(destination, SqliteOpenMode.ReadWriteCreate))
        {
            from.BackupDatabase(to);
            // One file that stands for itself; the store switches it back when it opens it.
            Run(to, "PRAGMA journal_mode = DELETE");
        }

        using (var file = new FileStream(destination, FileMode.Open, FileAccess.ReadWrite)) file.Flush(flushToDisk: true);
        return Verify(destination);
    }

    /// <summary>Whether a process has the store of this database open.</summary>
    public static bool IsInUse(string path)
    {
        try
        {
            if (File.Exists(path)) DataFileLock.Take(new SqliteStoreOptions { Path = path })?.Dispose();
            return false;
        }
        catch (StoreInUseException)
        {
            return true;
        }
    }

    /// <summary>Looks through a copy.</summary>
    /// <returns>Its newest revision.</returns>
    /// <exception cref="StoreFormatException">A newer program wrote it, or it is no store.</exception>
    /// <exception cref="InvalidDataException">It is damaged; the message names the first fault.</exception>
    public static long Verify(string path)
    {
        Batteries_V2.Init();
        try
        {
            using var database = Open(path, SqliteOpenMode.ReadOnly);
            var fault = Query(database, "PRAGMA quick_check(1)");
            if (fault is not "ok") throw new InvalidDataException($"{path} is damaged: {fault}");
            StoreFormat.Latest.Require(Query(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'") is "0" ? null : Query(database, "SELECT max(value) FROM meta WHERE name = 'format'"), path);
            return long.Parse(Query(database, "SELECT max((SELECT coalesce(max(revision), 0) FROM history), (SELECT value FROM meta WHERE name = 'compacted'))"), System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (SqliteException e)
        {
            throw new InvalidDataException($"{path} is no database, or a damaged one: {e.Message}", e);
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        Run(connection, "PRAGMA busy_timeout = 10000");
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are this file's own.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static string Query(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are this file's own.
        command.CommandText = sql;
#pragma warning restore CA2100
        return Convert.ToString(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture) ?? "";
    }
}
