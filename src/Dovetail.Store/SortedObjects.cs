namespace Dovetail.Store;

/// <summary>The objects of one resource, immutable and ordered by namespace then name (ordinal). It is a list of short sorted arrays: a write copies one of them and the
/// list of them, a listing walks arrays.</summary>
internal sealed class SortedObjects
{
    private const int MaxChunk = 128;
    private const int LoadedChunk = 96; // leaves room, so that the first writes after a load do not split

    public static readonly SortedObjects Empty = new([], 0);

    private readonly StoredObject[][] _chunks;

    private SortedObjects(StoredObject[][] chunks, int count) => (_chunks, Count) = (chunks, count);

    public int Count { get; }

    public static SortedObjects Containing(StoredObject[] objects)
    {
        Array.Sort(objects, (a, b) => Compare(a, b.Key.Namespace, b.Key.Name));
        var chunks = new StoredObject[(objects.Length + LoadedChunk - 1) / LoadedChunk][];
        for (var i = 0; i < chunks.Length; i++)
        {
            var start = i * LoadedChunk;
            chunks[i] = objects.AsSpan(start, Math.Min(LoadedChunk, objects.Length - start)).ToArray();
        }

        return new(chunks, objects.Length);
    }

    public StoredObject? Find(string ns, string name)
    {
        if (_chunks.Length == 0) return null;
        var chunk = _chunks[ChunkOf(ns, name)];
        var at = IndexIn(chunk, ns, name);
        return at >= 0 ? chunk[at] : null;
    }

    /// <summary>With this object in place of the one of the same name, or added.</summary>
    public SortedObjects With(StoredObject added)
    {
        if (_chunks.Length == 0) return new([[added]], 1);
        var (ns, name) = (added.Key.Namespace, added.Key.Name);
        var c = ChunkOf(ns, name);
        var chunk = _chunks[c];
        var at = IndexIn(chunk, ns, name);
        if (at >= 0)
        {
            var replaced = (StoredObject[])chunk.Clone();
            replaced[at] = added;
            return new(Replace(c, replaced), Count);
        }

        at = ~at;
        StoredObject[] grown = [.. chunk.AsSpan(0, at), added, .. chunk.AsSpan(at)];
        if (grown.Length <= MaxChunk) return new(Replace(c, grown), Count + 1);

        // Names that arrive in order (generated, dated) fill chunks instead of leaving halves behind.
        var split = at == chunk.Length && c == _chunks.Length - 1 ? grown.Length - 1 : grown.Length / 2;
        return new(Replace(c, grown[..split], grown[split..]), Count + 1);
    }

    public SortedObjects Without(string ns, string name)
    {
        if (_chunks.Length == 0) return this;
        var c = ChunkOf(ns, name);
        var chunk = _chunks[c];
        var at = IndexIn(chunk, ns, name);
        if (at < 0) return this;
        if (chunk.Length == 1) return new([.. _chunks.AsSpan(0, c), .. _chunks.AsSpan(c + 1)], Count - 1);

        StoredObject[] shrunk = [.. chunk.AsSpan(0, at), .. chunk.AsSpan(at + 1)];
        var next = c + 1 < _chunks.Length ? _chunks[c + 1] : null;
        return next is not null && shrunk.Length + next.Length <= MaxChunk / 2
            ? new([.. _chunks.AsSpan(0, c), [.. shrunk, .. next], .. _chunks.AsSpan(c + 2)], Count - 1)
            : new(Replace(c, shrunk), Count - 1);
    }

    public IEnumerable<StoredObject> From(string? ns, (string Namespace, string Name)? after)
    {
        if (_chunks.Length == 0) yield break;
        var (c, at) = Start(ns, after);
        for (; c < _chunks.Length; c++, at = 0)
        {
            var chunk = _chunks[c];
            var whole = ns is null || string.Equals(chunk[^1].Key.Namespace, ns, StringComparison.Ordinal);
            for (; at < chunk.Length; at++)
            {
                if (!whole && !string.Equals(chunk[at].Key.Namespace, ns, StringComparison.Ordinal)) yield break;
                Prefetch.Ahead(chunk, at);
                yield return chunk[at];
            }
        }
    }

    /// <summary>How many objects <see cref="From"/> would give.</summary>
    public int CountFrom(string? ns, (string Namespace, string Name)? after)
    {
        if (ns is null && after is null) return Count;
        if (_chunks.Length == 0) return 0;
        var (c, at) = Start(ns, after);
        var count = 0;
        for (; c < _chunks.Length; c++, at = 0)
        {
            var chunk = _chunks[c];
            if (at < chunk.Length && (ns is null || string.Equals(chunk[^1].Key.Namespace, ns, StringComparison.Ordinal)))
            {
                count += chunk.Length - at;
                continue;
            }

            while (at < chunk.Length && string.Equals(chunk[at].Key.Namespace, ns, StringComparison.Ordinal)) (count, at) = (count + 1, at + 1);
            if (at < chunk.Length) break;
        }

        return count;
    }

    private (int Chunk, int Index) Start(string? ns, (string Namespace, string Name)? after)
    {
        var (c, at) = ns is null ? (0, 0) : Position(ns, "");
        if (after is not { } key) return (c, at);
        var (afterChunk, afterIndex) = Position(key.Namespace, key.Name);
        if (afterIndex < _chunks[afterChunk].Length && Compare(_chunks[afterChunk][afterIndex], key.Namespace, key.Name) == 0) afterIndex++;
        return (afterChunk, afterIndex).CompareTo((c, at)) > 0 ? (afterChunk, afterIndex) : (c, at);
    }

    /// <summary>Where the first object at or after this key is; its index may be one past the chunk's end.</summary>
    private (int Chunk, int Index) Position(string ns, string name)
    {
        var c = ChunkOf(ns, name);
        var at = IndexIn(_chunks[c], ns, name);
        return (c, at < 0 ? ~at : at);
    }

    /// <summary>The last chunk that starts at or before this key (or the first).</summary>
    private int ChunkOf(string ns, string name)
    {
        var (low, high) = (0, _chunks.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Compare(_chunks[middle][0], ns, name) <= 0) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private static int IndexIn(StoredObject[] chunk, string ns, string name)
    {
        var (low, high) = (0, chunk.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Compare(chunk[middle], ns, name);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    private static int Compare(StoredObject o, string ns, string name)
    {
        var order = string.CompareOrdinal(o.Key.Namespace, ns);
        return order != 0 ? order : string.CompareOrdinal(o.Key.Name, name);
    }

    private StoredObject[][] Replace(int c, StoredObject[] chunk)
    {
        var chunks = (StoredObject[][])_chunks.Clone();
        chunks[c] = chunk;
        return chunks;
    }

    private StoredObject[][] Replace(int c, StoredObject[] first, StoredObject[] second) =>
        [.. _chunks.AsSpan(0, c), first, second, .. _chunks.AsSpan(c + 1)];
}
