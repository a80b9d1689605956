namespace Dovetail.Node.Kubelet;

/// <summary>Answers that hold for a while. Bounded: what is asked from outside must not fill memory.</summary>
internal sealed class TimedCache<TKey, TValue>(TimeProvider time)
    where TKey : notnull
{
    private const int Most = 1024;
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, (TValue Value, DateTimeOffset Until)> entries = [];

    public bool TryGet(TKey key, out TValue value)
    {
        lock (gate)
        {
            var found = entries.TryGetValue(key, out var entry) && entry.Until > time.GetUtcNow();
            value = entry.Value;
            return found;
        }
    }

    public void Set(TKey key, TValue value, TimeSpan life)
    {
        lock (gate)
        {
            if (entries.Count >= Most) entries.Clear();
            entries[key] = (value, time.GetUtcNow() + life);
        }
    }
}
