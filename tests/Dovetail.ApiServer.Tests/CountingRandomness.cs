using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Tests;

/// <summary>Every draw differs from the last, the same in every run.</summary>
internal sealed class CountingRandomness : Randomness
{
    private int drawn;

    public override void Fill(Span<byte> bytes)
    {
        var count = Interlocked.Increment(ref drawn);
        bytes.Clear();
        BitConverter.TryWriteBytes(bytes, (ushort)count);
    }
}
