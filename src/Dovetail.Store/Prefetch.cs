using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Dovetail.Store;

/// <summary>Objects lie in memory in the order in which they were written, and lists walk them by name: the processor cannot guess what comes next, and waiting for memory was a fifth of a long list's time. So
/// it is told some objects ahead. Where there is no such instruction nothing happens.</summary>
internal static class Prefetch
{
    private const int ObjectsAhead = 8;
    private const int BytesAhead = 4;
    private const int Line = 64;

    /// <summary>How much of an object's bytes: who reads on in order needs no telling.</summary>
    private const int Lines = 4;

    /// <param name="objects">What is walked.</param>
    /// <param name="at">Where the walk is.</param>
    public static unsafe void Ahead(StoredObject[] objects, int at)
    {
        if (!Sse.IsSupported || at + ObjectsAhead >= objects.Length) return;
        // A stale address, after a collection moved the object, does no harm: a prefetch reads nothing.
        Sse.Prefetch0((void*)Unsafe.As<StoredObject, nint>(ref objects[at + ObjectsAhead]));
        var bytes = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(objects[at + BytesAhead].Bytes));
        for (var i = 0; i < Lines; i++) Sse.Prefetch0(bytes + (i * Line));
    }
}
