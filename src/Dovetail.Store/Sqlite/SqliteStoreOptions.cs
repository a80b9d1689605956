namespace Dovetail.Store.Sqlite;

/// <summary>How long history is kept. What is older than <see cref="Age"/>, or is beyond one of the sizes, is compacted; the current state always stays.</summary>
public sealed record HistoryRetention
{
    public TimeSpan Age { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Revisions, counted back from the newest.</summary>
    public long Revisions { get; init; } = 500_000;

    /// <summary>Bytes in use of the database file, current state included. The newest thousand revisions are kept whatever their size.</summary>
    public long Bytes { get; init; } = 1L << 30;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Age, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Revisions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Bytes, 1);
    }
}

/// <summary>Where and how a <see cref="SqliteRevisionStore"/> keeps its data.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database file; its folder must exist. <c>:memory:</c> (with <see cref="Inline"/> only) keeps nothing.</summary>
    public required string Path { get; init; }

    /// <summary>Writes, housekeeping and checkpoints run on the caller's thread over one connection; no thread or timer is used. For simulations.</summary>
    public bool Inline { get; init; }

    public HistoryRetention Retention { get; init; } = new();

    /// <summary>Recent events that watches are served from memory.</summary>
    public int TailEvents { get; init; } = 10_000;

    /// <summary>Bytes of objects that those events may pin, in addition to the current state.</summary>
    public long TailBytes { get; init; } = 16 << 20;

    /// <summary>Bytes of write-ahead log after which a checkpoint copies it into the database file beside the writer.</summary>
    public long CheckpointBytes { get; init; } = 4 << 20;

    /// <summary>Bytes of write-ahead log at which the writer itself finishes the checkpoint, so that the log stays bounded under load that never pauses.</summary>
    public long MaxLogBytes { get; init; } = 32 << 20;

    /// <summary>The SQLite VFS to use (null: the default one). With one of these no lock file is made: whoever gives the VFS answers for its exclusiveness.</summary>
    public string? Vfs { get; init; }

    /// <summary>Only to show that the power-cut test notices a store that does not sync.</summary>
    internal bool UnsafeNoSync { get; init; }

    internal bool InMemory => Path == ":memory:";

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Path);
        if (InMemory && !Inline) throw new ArgumentException("an in-memory database has one connection: it needs Inline");
        ArgumentOutOfRangeException.ThrowIfLessThan(TailEvents, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TailBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxLogBytes, CheckpointBytes);
        Retention.Validate();
    }
}
