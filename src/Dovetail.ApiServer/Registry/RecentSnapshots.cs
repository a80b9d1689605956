using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>The views that chunked lists have lately begun with, so that the next chunk comes from memory. What has fallen out of here is read from history.</summary>
internal sealed class RecentSnapshots
{
    private const int Kept = 8;

    private readonly Lock gate = new();
    private readonly List<IStoreSnapshot> newestLast = [];

    public void Remember(IStoreSnapshot snapshot)
    {
        lock (gate)
        {
            newestLast.RemoveAll(s => s.Revision == snapshot.Revision);
            newestLast.Add(snapshot);
            if (newestLast.Count > Kept) newestLast.RemoveAt(0);
        }
    }

    public IStoreSnapshot? Find(long revision)
    {
        lock (gate) return newestLast.Find(s => s.Revision == revision);
    }
}
