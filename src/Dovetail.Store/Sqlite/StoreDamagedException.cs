using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dovetail.Store.Sqlite;

/// <summary>The database file is there and cannot be trusted: pages are torn or overwritten, or rows that belong together are not. Nothing is served from it; a backup brings the data back.</summary>
public sealed class StoreDamagedException(string path, Exception inner)
    : Exception($"{path} is damaged: {inner.Message}", inner)
{
    internal static bool Explains(Exception e) => e is InvalidDataException or SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };
}
