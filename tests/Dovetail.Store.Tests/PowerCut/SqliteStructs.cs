namespace Dovetail.Store.Tests.PowerCut;

// SQLite's own names and layouts (sqlite3.h), as far as version 1 of a VFS and version 2 of its files go.
#pragma warning disable CS0649, IDE1006, CA1815

internal unsafe struct sqlite3_vfs
{
    public int iVersion;
    public int szOsFile;
    public int mxPathname;
    public sqlite3_vfs* pNext;
    public byte* zName;
    public void* pAppData;
    public delegate* unmanaged[Cdecl]<sqlite3_vfs*, byte*, sqlite3_file*, int, int*, int> xOpen;
    public delegate* unmanaged[Cdecl]<sqlite3_vfs*, byte*, int, int> xDelete;
    public delegate* unmanaged[Cdecl]<sqlite3_vfs*, byte*, int, int*, int> xAccess;
    public delegate* unmanaged[Cdecl]<sqlite3_vfs*, byte*, int, byte*, int> xFullPathname;
    public void* xDlOpen;
    public void* xDlError;
    public void* xDlSym;
    public void* xDlClose;
    public void* xRandomness;
    public void* xSleep;
    public void* xCurrentTime;
    public void* xGetLastError;
}

internal unsafe struct sqlite3_file
{
    public sqlite3_io_methods* methods;
    public nint handle; // ours: a GCHandle of the open file
}

internal unsafe struct sqlite3_io_methods
{
    public int iVersion;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int> xClose;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, byte*, int, long, int> xRead;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, byte*, int, long, int> xWrite;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, long, int> xTruncate;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int, int> xSync;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, long*, int> xFileSize;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int, int> xLock;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int, int> xUnlock;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int*, int> xCheckReservedLock;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int, void*, int> xFileControl;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int> xSectorSize;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int> xDeviceCharacteristics;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int, int, int, void**, int> xShmMap;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int, int, int, int> xShmLock;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, void> xShmBarrier;
    public delegate* unmanaged[Cdecl]<sqlite3_file*, int, int> xShmUnmap;
}
