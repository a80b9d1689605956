namespace Dovetail.Store.Sqlite;

/// <summary>Another process has the database open.</summary>
public sealed class StoreInUseException(string path, Exception inner)
    : Exception($"{path} is in use by another process; a store has one owner. Stop the other server of this data folder first.", inner);

/// <summary>Exclusive ownership of a database file: a lock on a file beside it, which the kernel releases when the process dies.</summary>
/// <remarks>SQLite's own exclusive mode is no substitute: it would also shut out our connections for reading history and for checkpoints.</remarks>
internal static class DataFileLock
{
    public static FileStream? Take(SqliteStoreOptions options)
    {
        if (options.InMemory || options.Vfs is not null) return null;
        try
        {
            return new FileStream(options.Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new StoreInUseException(options.Path, e);
        }
    }
}
