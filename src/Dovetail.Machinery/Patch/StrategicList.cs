using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Patch;

/// <summary>One list of a strategic merge patch with the list that it is laid over: items merge by their key, or as a set when they are scalars, and are put in order.</summary>
internal sealed class StrategicList
{
    private const int InsertionLimit = 20;

    private readonly Schema schema;
    private readonly string key;
    private readonly JsonArray patch;

    private StrategicList(Schema schema, JsonArray patch, bool ofMaps)
    {
        this.schema = schema;
        key = schema.PatchMergeKey;
        this.patch = patch;
        OfMaps = ofMaps;
    }

    public bool OfMaps { get; }

    /// <summary>What stood in the list before, as upstream remembers it for the order: it deletes and appends in the same memory, so items that are new take the places of deleted ones.</summary>
    public List<JsonNode?> Known { get; private set; } = [];

    /// <exception cref="Errors.StatusException">500 or 422: items of several types, lists of lists.</exception>
    public static StrategicList Of(Schema schema, JsonArray original, JsonArray patch)
    {
        var first = original.Count > 0 ? original[0] : patch.Count > 0 ? patch[0] : null;
        if (first is JsonArray) throw PatchErrors.DoesNotApply();
        var kind = StrategicErrors.GoType(first);
        foreach (var list in (ReadOnlySpan<JsonArray>)[original, patch])
        {
            foreach (var item in list)
                if (StrategicErrors.GoType(item) != kind) throw StrategicErrors.MixedItems(original, patch);
        }

        return new StrategicList(schema, patch, first is JsonObject) { Known = [.. original] };
    }

    /// <summary>The patch's items are among those that the order names, in the same order.</summary>
    public static void RequireOrder(Schema schema, JsonArray? patch, JsonArray order)
    {
        if (patch is null || patch.Count == 0 || order.Count == 0) return;
        var key = schema.PatchMergeKey;
        if (key.Length > 0 && patch.FirstOrDefault(item => item is not JsonObject) is { } scalar) throw StrategicErrors.BadArgument(scalar, map: true);
        var items = key.Length == 0 ? patch.ToList() : patch.Where(item => !Marked(item, "delete")).ToList();
        var (item, place) = (0, 0);
        while (item < items.Count && place < order.Count)
        {
            if (Marked(items[item])) item++;
            else if (Identity(items[item], key) == Identity(order[place++], key)) item++;
        }

        // A marker behind the last item that the order names counts as an item, as upstream.
        if (item < items.Count) throw StrategicErrors.OrderMismatch(patch, order);
    }

    /// <summary>Lays the patch over <paramref name="items"/>, in place, and orders the outcome: by the patch, then by <paramref name="order"/> when one is given.</summary>
    public void MergeInto(JsonArray items, JsonArray? order = null, bool merges = true)
    {
        if (items.Count == 0 && patch.Count == 0)
        {
            if (order is not null) throw StrategicErrors.NoElements();
            return;
        }

        var wanted = patch;
        if (merges)
        {
            if (!OfMaps && key.Length > 0) throw StrategicErrors.BadArgument(items.Concat(patch).First(), map: true);
            var survivors = OfMaps ? MergeMaps(items, out wanted) : MergeScalars(items);
            Order(items, wanted, survivors);
        }

        if (order is not null) Order(items, order, Known);
    }

    /// <summary>Removes the patch's values.</summary>
    public void Delete(JsonArray items)
    {
        var doomed = patch.Select(item => Identity(item, "")).ToHashSet(StringComparer.Ordinal);
        for (var i = items.Count - 1; i >= 0; i--)
            if (doomed.Contains(Identity(items[i], ""))) items.RemoveAt(i);
    }

    /// <summary>Puts the items that <paramref name="order"/> names into its order. Items that only the server knows keep theirs (<paramref name="known"/>) and stand before those that they stood before.</summary>
    public void Order(JsonArray items, JsonArray order, List<JsonNode?> known)
    {
        var ranks = Ranks(order);
        var places = Ranks(known);
        var named = new List<JsonNode?>();
        var serverOnly = new List<JsonNode?>();
        foreach (var item in items)
        {
            RequireKey(item);
            (ranks.ContainsKey(Id(item)) ? named : serverOnly).Add(item);
        }

        Sort(named, ranks);
        Sort(serverOnly, places);
        items.Clear();
        int left = 0, right = 0;
        while (left < serverOnly.Count || right < named.Count)
        {
            var takeServer = right == named.Count
                || (left < serverOnly.Count && places.TryGetValue(Id(serverOnly[left]), out var l) && places.TryGetValue(Id(named[right]), out var r) && l < r);
            items.Add(takeServer ? serverOnly[left++] : named[right++]);
        }
    }

    private List<JsonNode?> MergeMaps(JsonArray items, out JsonArray wanted)
    {
        if (key.Length == 0) throw StrategicErrors.NoMergeKey();
        wanted = Special(items);
        var survivors = items.ToList();
        var at = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++) at.TryAdd(Id(items[i]), i);
        foreach (var change in wanted)
        {
            var item = (JsonObject)change!;
            if (!item.ContainsKey(key)) throw StrategicErrors.MissingKey(item, key);
            if (at.TryGetValue(Id(item), out var found))
            {
                StrategicMergePatch.MergeMap((JsonObject)items[found]!, (JsonObject)item.DeepClone(), schema.Items);
                continue;
            }

            at[Id(item)] = items.Count;
            var added = item.DeepClone();
            if (items.Count < Known.Count) Known[items.Count] = added;
            items.Add(added);
        }

        return survivors;
    }

    /// <summary>Carries out <c>$patch</c> in items; returns the ordinary ones. With <c>replace</c> these are the whole new list.</summary>
    private JsonArray Special(JsonArray items)
    {
        var ordinary = new JsonArray();
        var replace = false;
        foreach (var change in patch)
        {
            var item = (JsonObject)change!;
            if (!item.TryGetPropertyValue(StrategicMergePatch.Directive, out var directive))
            {
                ordinary.Add(item.DeepClone());
                continue;
            }

            switch (directive is JsonValue value && value.TryGetValue(out string? text) ? text : null)
            {
                case "delete":
                    if (!item.ContainsKey(key)) throw StrategicErrors.MissingKey(item, key);
                    DeleteMatching(items, Id(item));
                    break;
                case "replace":
                    replace = true;
                    break;
                case "merge":
                    throw StrategicErrors.MergeInList();
                default:
                    throw StrategicErrors.UnknownDirective(directive, item);
            }
        }

        if (!replace) return ordinary;
        items.Clear();
        foreach (var item in ordinary) items.Add(item!.DeepClone());
        return [];
    }

    private void DeleteMatching(JsonArray items, string doomed)
    {
        for (var i = items.Count - 1; i >= 0; i--)
        {
            if (Id(items[i]) != doomed) continue;
            var count = items.Count;
            items.RemoveAt(i);
            for (var k = i; k < count - 1; k++) Known[k] = Known[k + 1];
        }
    }

    private List<JsonNode?> MergeScalars(JsonArray items)
    {
        var survivors = items.ToList();
        var seen = items.Select(Id).ToHashSet(StringComparer.Ordinal);
        foreach (var value in patch)
            if (seen.Add(Id(value))) items.Add(value?.DeepClone());
        return survivors;
    }

    private Dictionary<string, int> Ranks(IEnumerable<JsonNode?> order)
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        var rank = 0;
        foreach (var item in order)
        {
            RequireKey(item);
            ranks.TryAdd(Id(item), rank++);
        }

        return ranks;
    }

    /// <summary>Items that have no rank go before those with one, the last first: upstream compares so, and up to twenty items it sorts by insertion.</summary>
    private void Sort(List<JsonNode?> items, Dictionary<string, int> ranks)
    {
        var rank = items.ConvertAll(item => ranks.GetValueOrDefault(Id(item), -1));
        if (items.Count > InsertionLimit || rank.TrueForAll(r => r >= 0))
        {
            var sorted = items.Zip(rank).OrderBy(pair => pair.Second).Select(pair => pair.First).ToList();
            items.Clear();
            items.AddRange(sorted);
            return;
        }

        for (var i = 1; i < items.Count; i++)
        {
            for (var j = i; j > 0 && (rank[j] < 0 || rank[j - 1] < 0 || rank[j] < rank[j - 1]); j--)
            {
                (items[j], items[j - 1]) = (items[j - 1], items[j]);
                (rank[j], rank[j - 1]) = (rank[j - 1], rank[j]);
            }
        }
    }

    private void RequireKey(JsonNode? item)
    {
        if (OfMaps && (item as JsonObject)?.ContainsKey(key) != true) throw StrategicErrors.MissingKey(item as JsonObject ?? [], key);
    }

    private string Id(JsonNode? item) => Identity(item, key);

    private static bool Marked(JsonNode? item, string? directive = null) =>
        item is JsonObject fields && fields.TryGetPropertyValue(StrategicMergePatch.Directive, out var value) && (directive is null || (value is JsonValue text && text.TryGetValue(out string? given) && given == directive));

    private static string Identity(JsonNode? item, string key) => key.Length == 0 || item is not JsonObject fields ? Text(item) : Text(fields[key]);

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? $"\"{text}" : node?.ToJsonString() ?? "null";
}
