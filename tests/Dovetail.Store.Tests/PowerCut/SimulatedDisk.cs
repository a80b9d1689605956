namespace Dovetail.Store.Tests.PowerCut;

/// <summary>Thrown inside the file system when the power is gone; SQLite sees an I/O error.</summary>
internal sealed class PowerCutException : Exception;

/// <summary>Thrown inside the file system when there is no room.</summary>
internal sealed class DiskFullException : Exception;

/// <summary>Files in memory with what a disk does to them: writes reach a cache, a sync makes one file's writes durable, a power cut keeps any subset of the rest, sector by sector.</summary>
internal sealed class SimulatedDisk
{
    public const int Sector = 512;

    private readonly Dictionary<string, SimulatedFile> _files = new(StringComparer.Ordinal);

    /// <summary>Counts operations that change the disk.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation at which the power goes.</summary>
    public int? CutAt { get; set; }

    public bool PowerIsOff { get; private set; }

    /// <summary>Bytes that all files together may have.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Syncs fail with an I/O error while this holds for the file's name.</summary>
    public Func<string, bool> SyncFails { get; set; } = _ => false;

    /// <summary>Syncs report success while this holds for the file's name, and leave it to chance what is durable: a disk that lies, whose writes are torn when the power goes.</summary>
    public Func<string, bool> SyncLies { get; set; } = _ => false;

    public bool Exists(string name) => _files.ContainsKey(name);

    public SimulatedFile? Find(string name) => _files.GetValueOrDefault(name);

    public SimulatedFile OpenOrCreate(string name)
    {
        if (_files.TryGetValue(name, out var file)) return file;
        Step();
        return _files[name] = new SimulatedFile(this, name);
    }

    public void Delete(string name)
    {
        Step();
        _files.Remove(name);
    }

    public void Step()
    {
        if (PowerIsOff || Operations == CutAt)
        {
            PowerIsOff = true;
            throw new PowerCutException();
        }

        Operations++;
    }

    public void Reserve(long growth)
    {
        if (growth > 0 && _files.Values.Sum(f => f.Length) + growth > Capacity) throw new DiskFullException();
    }

    /// <summary>What the disk holds when the power returns.</summary>
    public SimulatedDisk AfterPowerCut(Random random)
    {
        var after = new SimulatedDisk();
        foreach (var (name, file) in _files) after._files[name] = file.AfterPowerCut(after, random);
        return after;
    }
}

/// <summary>A file: what is durable, and the changes since its last sync in order.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, string name)
{
    private byte[] _durable = [];
    private readonly List<Change> _unsynced = [];
    private byte[] _content = [];

    private readonly record struct Change(long Offset, byte[]? Bytes); // null: truncate to the offset

    /// <summary>The shared-memory index of the write-ahead log; it lives as long as the process.</summary>
    public List<nint> SharedMemory { get; } = [];

    public long Length { get; private set; }

    public string Name => name;

    public int Read(long offset, Span<byte> into)
    {
        if (disk.PowerIsOff) throw new PowerCutException();
        var available = (int)Math.Clamp(Length - offset, 0, into.Length);
        _content.AsSpan((int)Math.Min(offset, Length), available).CopyTo(into);
        into[available..].Clear();
        return available;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        disk.Reserve(offset + bytes.Length - Length);
        disk.Step();
        var copy = bytes.ToArray();
        _unsynced.Add(new(offset, copy));
        Length = Write(ref _content, Length, offset, copy);
    }

    public void Truncate(long length)
    {
        disk.Step();
        _unsynced.Add(new(length, null));
        Length = Truncate(_content, Length, length);
    }

    public void Sync()
    {
        disk.Step();
        if (disk.SyncFails(name)) throw new IOException();
        if (disk.SyncLies(name)) return;
        _unsynced.Clear();
        _durable = _content[..(int)Length];
    }

    public SimulatedFile AfterPowerCut(SimulatedDisk after, Random random)
    {
        var (content, length) = ((byte[])_durable.Clone(), (long)_durable.Length);
        var kept = random.NextDouble(); // from hardly anything to nearly everything
        foreach (var change in _unsynced)
        {
            if (change.Bytes is null)
            {
                if (random.NextDouble() < kept) length = Truncate(content, length, change.Offset);
                continue;
            }

            for (var at = 0; at < change.Bytes.Length;)
            {
                var end = Math.Min(change.Bytes.Length, at + SimulatedDisk.Sector - (int)((change.Offset + at) % SimulatedDisk.Sector));
                if (random.NextDouble() < kept) length = Write(ref content, length, change.Offset + at, change.Bytes.AsSpan(at, end - at));
                at = end;
            }
        }

        return new(after, name) { _durable = content[..(int)length], _content = content, Length = length };
    }

    private static long Write(ref byte[] content, long length, long offset, ReadOnlySpan<byte> bytes)
    {
        var end = offset + bytes.Length;
        if (end > content.Length) Array.Resize(ref content, (int)Math.Max(end, content.Length * 2L));
        bytes.CopyTo(content.AsSpan((int)offset));
        return Math.Max(length, end);
    }

    private static long Truncate(byte[] content, long length, long to)
    {
        if (to < length) content.AsSpan((int)to, (int)(length - to)).Clear();
        return Math.Min(length, to);
    }
}
