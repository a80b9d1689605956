using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using SQLitePCL;

namespace Dovetail.Store.Tests.PowerCut;

/// <summary>A SQLite VFS over a <see cref="SimulatedDisk"/> (https://www.sqlite.org/c3ref/vfs.html, io_methods.html). Time, randomness and sleep are the default VFS's.
/// For one connection: locks always succeed.</summary>
internal sealed unsafe class SimulatedVfs : IDisposable
{
    private const int OpenDeleteOnClose = 0x8; // SQLITE_OPEN_DELETEONCLOSE
    private const int IoErrorShortRead = 522;
    private const int NotFound = 12;

    private readonly GCHandle _disk;
    private readonly sqlite3_vfs* _vfs;
    private readonly nint _name;

    public SimulatedVfs(SimulatedDisk disk)
    {
        Batteries_V2.Init();
        var original = sqlite3_vfs_find(null);
        Name = $"simulated-{Guid.NewGuid():N}";
        _name = Marshal.StringToCoTaskMemUTF8(Name);
        _disk = GCHandle.Alloc(disk);
        _vfs = (sqlite3_vfs*)NativeMemory.AllocZeroed((nuint)sizeof(sqlite3_vfs));
        *_vfs = *original;
        _vfs->iVersion = 1;
        _vfs->szOsFile = sizeof(sqlite3_file);
        _vfs->mxPathname = 512;
        _vfs->pNext = null;
        _vfs->zName = (byte*)_name;
        _vfs->pAppData = (void*)GCHandle.ToIntPtr(_disk);
        _vfs->xOpen = &Open;
        _vfs->xDelete = &Delete;
        _vfs->xAccess = &Access;
        _vfs->xFullPathname = &FullPathname;
        Expect(sqlite3_vfs_register(_vfs, 0));
    }

    public string Name { get; }

    public void Dispose()
    {
        Expect(sqlite3_vfs_unregister(_vfs));
        NativeMemory.Free(_vfs);
        Marshal.FreeCoTaskMem(_name);
        _disk.Free();
    }

    private static readonly sqlite3_io_methods* Methods = CreateMethods();

    private static sqlite3_io_methods* CreateMethods()
    {
        var methods = (sqlite3_io_methods*)NativeMemory.AllocZeroed((nuint)sizeof(sqlite3_io_methods));
        methods->iVersion = 2;
        methods->xClose = &Close;
        methods->xRead = &Read;
        methods->xWrite = &Write;
        methods->xTruncate = &Truncate;
        methods->xSync = &Sync;
        methods->xFileSize = &FileSize;
        methods->xLock = &Lock;
        methods->xUnlock = &Lock;
        methods->xCheckReservedLock = &CheckReservedLock;
        methods->xFileControl = &FileControl;
        methods->xSectorSize = &SectorSize;
        methods->xDeviceCharacteristics = &DeviceCharacteristics;
        methods->xShmMap = &ShmMap;
        methods->xShmLock = &ShmLock;
        methods->xShmBarrier = &ShmBarrier;
        methods->xShmUnmap = &ShmUnmap;
        return methods;
    }

    private static SimulatedDisk Disk(sqlite3_vfs* vfs) => (SimulatedDisk)GCHandle.FromIntPtr((nint)vfs->pAppData).Target!;

    private static OpenFile File(sqlite3_file* file) => (OpenFile)GCHandle.FromIntPtr(file->handle).Target!;

    private sealed record OpenFile(SimulatedDisk Disk, SimulatedFile File, bool DeleteOnClose);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(sqlite3_vfs* vfs, byte* name, sqlite3_file* file, int flags, int* outFlags)
    {
        file->methods = null;
        return Guard(raw.SQLITE_CANTOPEN, () =>
        {
            var disk = Disk(vfs);
            var path = name == null ? $"temporary-{Guid.NewGuid():N}" : Utf8(name);
            if ((flags & raw.SQLITE_OPEN_CREATE) == 0 && !disk.Exists(path)) return raw.SQLITE_CANTOPEN;
            var open = new OpenFile(disk, disk.OpenOrCreate(path), (flags & OpenDeleteOnClose) != 0);
            file->handle = GCHandle.ToIntPtr(GCHandle.Alloc(open));
            file->methods = Methods;
            if (outFlags != null) *outFlags = flags;
            return raw.SQLITE_OK;
        });
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Delete(sqlite3_vfs* vfs, byte* name, int syncDirectory) => Guard(raw.SQLITE_IOERR, () =>
    {
        Disk(vfs).Delete(Utf8(name));
        return raw.SQLITE_OK;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Access(sqlite3_vfs* vfs, byte* name, int flags, int* result)
    {
        *result = Disk(vfs).Exists(Utf8(name)) ? 1 : 0;
        return raw.SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FullPathname(sqlite3_vfs* vfs, byte* name, int size, byte* result)
    {
        var bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
        if (bytes.Length >= size) return raw.SQLITE_CANTOPEN;
        bytes.CopyTo(new Span<byte>(result, size));
        result[bytes.Length] = 0;
        return raw.SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(sqlite3_file* file) => Guard(raw.SQLITE_IOERR, () =>
    {
        var open = File(file);
        GCHandle.FromIntPtr(file->handle).Free();
        if (open.DeleteOnClose) open.Disk.Delete(open.File.Name);
        return raw.SQLITE_OK;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(sqlite3_file* file, byte* into, int count, long offset) => Guard(raw.SQLITE_IOERR, () =>
        File(file).File.Read(offset, new Span<byte>(into, count)) == count ? raw.SQLITE_OK : IoErrorShortRead);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(sqlite3_file* file, byte* from, int count, long offset) => Guard(raw.SQLITE_IOERR, () =>
    {
        File(file).File.Write(offset, new ReadOnlySpan<byte>(from, count));
        return raw.SQLITE_OK;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(sqlite3_file* file, long size) => Guard(raw.SQLITE_IOERR, () =>
    {
        File(file).File.Truncate(size);
        return raw.SQLITE_OK;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(sqlite3_file* file, int flags) => Guard(raw.SQLITE_IOERR_FSYNC, () =>
    {
        File(file).File.Sync();
        return raw.SQLITE_OK;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileSize(sqlite3_file* file, long* size)
    {
        *size = File(file).File.Length;
        return raw.SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Lock(sqlite3_file* file, int level) => raw.SQLITE_OK;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CheckReservedLock(sqlite3_file* file, int* result)
    {
        *result = 0;
        return raw.SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileControl(sqlite3_file* file, int operation, void* argument) => NotFound;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SectorSize(sqlite3_file* file) => SimulatedDisk.Sector;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceCharacteristics(sqlite3_file* file) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmMap(sqlite3_file* file, int region, int size, int extend, void** mapped)
    {
        var memory = File(file).File.SharedMemory;
        while (memory.Count <= region && extend != 0) memory.Add((nint)NativeMemory.AllocZeroed((nuint)size));
        *mapped = region < memory.Count ? (void*)memory[region] : null;
        return raw.SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmLock(sqlite3_file* file, int offset, int count, int flags) => raw.SQLITE_OK;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ShmBarrier(sqlite3_file* file) => Interlocked.MemoryBarrier();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmUnmap(sqlite3_file* file, int delete)
    {
        var memory = File(file).File.SharedMemory;
        foreach (var region in memory) NativeMemory.Free((void*)region);
        memory.Clear();
        return raw.SQLITE_OK;
    }

    /// <summary>No exception may pass through SQLite's C code.</summary>
    private static int Guard(int failure, Func<int> operation)
    {
        try
        {
            return operation();
        }
        catch (DiskFullException)
        {
            return raw.SQLITE_FULL;
        }
        catch (Exception)
        {
            return failure;
        }
    }

    private static string Utf8(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    private static void Expect(int code) => code.ShouldBe(raw.SQLITE_OK);

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern sqlite3_vfs* sqlite3_vfs_find(byte* name);

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern int sqlite3_vfs_register(sqlite3_vfs* vfs, int makeDefault);

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern int sqlite3_vfs_unregister(sqlite3_vfs* vfs);
}
