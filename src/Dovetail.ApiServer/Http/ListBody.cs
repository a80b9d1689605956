using System.Buffers;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Http;

/// <summary>A list in one representation, written piece by piece, so that no list is in memory as a whole.</summary>
internal abstract class ListBody(ObjectListing listing)
{
    public ObjectListing Listing => listing;

    /// <summary>Everything before the first item.</summary>
    public abstract void Start(IBufferWriter<byte> output);

    /// <summary>One item, with what separates it from the one before.</summary>
    public abstract void Item(IBufferWriter<byte> output, ObjectBytes item, bool first);

    /// <summary>Everything behind the last item.</summary>
    public abstract void End(IBufferWriter<byte> output);

    /// <summary>Whether the objects of the list take at least so many bytes. A large list is not counted to its end.</summary>
    public bool IsAtLeast(long size)
    {
        foreach (var item in listing.Items)
        {
            if ((size -= item.Json.Length) <= 0) return true;
        }

        return false;
    }

    /// <summary>The whole list at once, for what cannot be done piece by piece.</summary>
    public ReadOnlyMemory<byte> Render()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        Start(buffer);
        var first = true;
        foreach (var item in listing.Items)
        {
            Item(buffer, item, first);
            first = false;
        }

        End(buffer);
        return buffer.WrittenMemory;
    }
}
