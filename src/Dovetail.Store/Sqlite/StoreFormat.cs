using System.Globalization;

namespace Dovetail.Store.Sqlite;

/// <summary>The data folder was written by a newer Dovetail, or is not Dovetail's at all.</summary>
public sealed class StoreFormatException(string message) : Exception(message);

/// <summary>The tables and their version. Each step brings a database from the version of its index to the next one, in one transaction with the version's update.</summary>
internal sealed class StoreFormat(IReadOnlyList<string> steps)
{
    // history   one row a revision. previous: the revision it replaces (0: it creates); created: the revision that created the object; op: a StoreEventKind;
    //           time: Unix milliseconds, of the commit.
    // current   the row of history that holds each present object, by the revision that created it: keys this small and this much in order make a write touch few pages,
    //           and pages written are what a write costs.
    // meta      format, compacted (no read before it), swept (rows before it are cleaned up; it follows compacted).
    private const string Version1 = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE history (
          revision INTEGER PRIMARY KEY, previous INTEGER NOT NULL, created INTEGER NOT NULL, op INTEGER NOT NULL, schema_generation INTEGER NOT NULL,
          time INTEGER NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE current (created INTEGER PRIMARY KEY, revision INTEGER NOT NULL) STRICT;
        INSERT INTO meta VALUES ('compacted', 0), ('swept', 0);
        """;

    public static StoreFormat Latest { get; } = new([Version1]);

    /// <summary>Brings the database to this version.</summary>
    /// <exception cref="StoreFormatException">It is newer than this program, or no store of ours; nothing was changed.</exception>
    public void Apply(SqliteDatabase database, string path)
    {
        var found = VersionOf(database, path);
        RequireKnown(found, path);

        for (; found < steps.Count; found++)
        {
            var (step, version) = (steps[found], found + 1);
            database.InTransaction(() =>
            {
                database.Execute(step);
                database.Execute(Invariant($"INSERT OR REPLACE INTO meta VALUES ('format', {version})"));
            });
        }
    }

    /// <summary>Refuses what this program cannot read.</summary>
    /// <param name="version">The version that the database says; null: it says none.</param>
    /// <param name="path">The database.</param>
    /// <exception cref="StoreFormatException">It is newer than this program, or no store of ours.</exception>
    public void Require(string? version, string path)
    {
        if (!int.TryParse(version, CultureInfo.InvariantCulture, out var found)) throw new StoreFormatException($"{path} is a database, but none of Dovetail's: it has no table meta");
        RequireKnown(found, path);
    }

    private void RequireKnown(int found, string path)
    {
        if (found > steps.Count)
            throw new StoreFormatException(Invariant($"{path} has data format {found}; this program reads formats up to {steps.Count}. Start the newer program that wrote it."));
    }

    private static int VersionOf(SqliteDatabase database, string path)
    {
        if (database.QueryLong("SELECT count(*) FROM sqlite_schema") == 0) return 0;
        if (database.QueryLong("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'") == 0)
            throw new StoreFormatException($"{path} is a database, but none of Dovetail's: it has no table meta");
        return checked((int)database.QueryLong("SELECT coalesce(max(value), 0) FROM meta WHERE name = 'format'"));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
