using Dovetail.Store.Sqlite;

namespace Dovetail.Store.Tests;

public sealed class MemoryRevisionStoreTests : RevisionStoreContract
{
    protected override IRevisionStore Open() => new MemoryRevisionStore();
}

public sealed class SqliteRevisionStoreTests : RevisionStoreContract
{
    private readonly TempFolder _folder = new();

    protected override IRevisionStore Open() => SqliteRevisionStore.Open(new() { Path = _folder.File("db") }, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Everything but the newest event comes from the disk.</summary>
public sealed class SqliteRevisionStoreWithoutTailTests : RevisionStoreContract
{
    private readonly TempFolder _folder = new();

    protected override IRevisionStore Open() => SqliteRevisionStore.Open(new() { Path = _folder.File("db"), TailEvents = 1 }, TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class InlineSqliteRevisionStoreTests : RevisionStoreContract
{
    protected override IRevisionStore Open() => SqliteRevisionStore.Open(new() { Path = ":memory:", Inline = true }, TimeProvider.System);
}

/// <summary>A folder that exists from its first use, so that a process that never uses it and is killed leaves none.</summary>
internal sealed class TempFolder : IDisposable
{
    private DirectoryInfo? _folder;

    public string File(string name) => Path.Combine((_folder ??= Directory.CreateTempSubdirectory("dovetail-store-")).FullName, name);

    public void Dispose() => _folder?.Delete(recursive: true);
}
