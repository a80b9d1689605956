using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dovetail.Store.Sqlite;

/// <summary>One connection, used by one thread at a time.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly List<Statement> _statements = [];
    private readonly Statement _begin;
    private readonly Statement _commit;

    private SqliteDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
    }

    public sqlite3 Handle => _connection.Handle!;

    /// <summary>False inside a transaction. SQLite rolls back by itself after some errors, so that a failed commit has to look.</summary>
    public bool AutoCommit => raw.sqlite3_get_autocommit(Handle) != 0;

    public static SqliteDatabase Open(SqliteStoreOptions options)
    {
        Batteries_V2.Init();
        var source = new SqliteConnectionStringBuilder
        {
            DataSource = options.Vfs is null ? options.Path : $"file:{Uri.EscapeDataString(options.Path)}?vfs={Uri.EscapeDataString(options.Vfs)}",
            Pooling = false,
        };
        var connection = new SqliteConnection(source.ToString());
        try
        {
            connection.Open();
            var database = new SqliteDatabase(connection);

            // Deleted bytes are overwritten (purged Secrets). Nobody else owns the file, so a wait is short: our own checkpoint or reader.
            database.Execute("PRAGMA busy_timeout = 1000; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = OFF");
            database.Execute(options.UnsafeNoSync ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL");
            return database;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(Handle, sql, out var prepared));
        var statement = new Statement(this, prepared);
        _statements.Add(statement);
        return statement;
    }

    public void Execute(string sql) => Check(raw.sqlite3_exec(Handle, sql));

    public long QueryLong(string sql)
    {
        Check(raw.sqlite3_prepare_v2(Handle, sql, out var prepared));
        using var statement = new Statement(this, prepared);
        return statement.Step() ? statement.Long(0) : throw new InvalidOperationException($"no row from {sql}");
    }

    /// <summary>Switches the file to WAL for good.</summary>
    public void UseWriteAheadLog()
    {
        Check(raw.sqlite3_prepare_v2(Handle, "PRAGMA journal_mode = WAL", out var prepared));
        using var statement = new Statement(this, prepared);
        var mode = statement.Step() ? statement.Text(0) : "none";
        if (mode != "wal") throw new IOException($"the file system of {_connection.DataSource} does not carry SQLite's write-ahead log (journal mode {mode})");
    }

    /// <summary>Runs the changes in one transaction; when it returns they are durable, when it throws none of them is.</summary>
    public void InTransaction(Action changes)
    {
        _begin.Run();
        try
        {
            changes();
            _commit.Run();
        }
        catch
        {
            if (!AutoCommit) Execute("ROLLBACK");
            throw;
        }
    }

    /// <summary>Keeps a failed database from being written to by its own closing.</summary>
    public void CloseWithoutCheckpoint() => raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);

    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)) SqliteException.ThrowExceptionForRC(code, Handle);
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _connection.Dispose();
    }
}

/// <summary>A prepared statement: bind, step, read columns, reset. It spares the writer the boxing and the readers of ADO.NET commands.</summary>
internal sealed class Statement(SqliteDatabase database, sqlite3_stmt prepared) : IDisposable
{
    public Statement Bind(int parameter, long value)
    {
        database.Check(raw.sqlite3_bind_int64(prepared, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, string value)
    {
        database.Check(raw.sqlite3_bind_text(prepared, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        database.Check(raw.sqlite3_bind_blob(prepared, parameter, value));
        return this;
    }

    /// <summary>True on a row; false at the end, where the statement is ready to be bound again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(prepared);
        if (code == raw.SQLITE_ROW) return true;
        if (code != raw.SQLITE_DONE)
        {
            try
            {
                database.Check(code);
            }
            finally
            {
                Reset();
            }
        }

        Reset();
        return false;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Ends a read before its last row; an unfinished one holds a view of the database open and keeps its log from being reused.</summary>
    public void Reset() => raw.sqlite3_reset(prepared); // its result repeats the step's error

    public long Long(int column) => raw.sqlite3_column_int64(prepared, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(prepared, column) == raw.SQLITE_NULL;

    public string Text(int column) => raw.sqlite3_column_text(prepared, column).utf8_to_string();

    public byte[] Blob(int column) => raw.sqlite3_column_blob(prepared, column).ToArray();

    public void Dispose() => prepared.Dispose();
}
