using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Apply;

/// <summary>A set of field paths as FieldsV1 writes it: a tree whose edges are path elements (<c>f:spec</c>, <c>k:{"name":"a"}</c>, <c>v:"x"</c>).
/// A node may be in the set itself (<c>"."</c>, or an empty object) and have members below it. Sets that are handed out are not changed any more; operations share subtrees.</summary>
public sealed class FieldSet
{
    private static readonly FieldSet Leaf = new() { IsMember = true };

    private Dictionary<string, FieldSet>? children;

    public static FieldSet Empty { get; } = new();

    /// <summary>Whether the path that leads here is in the set. Never at the root.</summary>
    public bool IsMember { get; private init; }

    public bool IsEmpty => !IsMember && (children is null || children.Count == 0);

    internal IEnumerable<KeyValuePair<string, FieldSet>> Children => children ?? Enumerable.Empty<KeyValuePair<string, FieldSet>>();

    /// <summary>Reads a <c>fieldsV1</c> value.</summary>
    /// <exception cref="FormatException">A key is no path element, or a value is no object.</exception>
    public static FieldSet Parse(JsonObject fields) => Parse(fields, root: true);

    /// <summary>Of paths such as <c>["f:metadata", "f:labels"]</c>.</summary>
    public static FieldSet Of(params IEnumerable<IReadOnlyList<string>> paths)
    {
        var builder = new FieldSetBuilder();
        foreach (var path in paths) builder.Insert(path);
        return builder.Build();
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        if (children is null) return json;
        if (IsMember) json["."] = new JsonObject();
        foreach (var (element, child) in children.OrderBy(pair => pair.Key, PathElementOrder.Instance)) json[element] = child.ToJson();
        return json;
    }

    public bool Contains(params ReadOnlySpan<string> path)
    {
        var node = this;
        foreach (var element in path)
            if (!node.TryChild(element, out node)) return false;
        return node.IsMember;
    }

    public FieldSet Union(FieldSet other)
    {
        if (IsEmpty || ReferenceEquals(this, other)) return other;
        if (other.IsEmpty) return this;
        if (children is null && other.IsMember) return other;
        if (other.children is null && IsMember) return this;
        var merged = children is null ? [] : new Dictionary<string, FieldSet>(children, StringComparer.Ordinal);
        foreach (var (element, child) in other.Children)
            merged[element] = merged.TryGetValue(element, out var mine) ? mine.Union(child) : child;
        return Node(IsMember || other.IsMember, merged);
    }

    /// <summary>The paths that are here and not in <paramref name="other"/>.</summary>
    public FieldSet Difference(FieldSet other)
    {
        if (IsEmpty || other.IsEmpty) return this;
        var rest = new Dictionary<string, FieldSet>(StringComparer.Ordinal);
        foreach (var (element, child) in Children)
        {
            var kept = other.TryChild(element, out var theirs) ? child.Difference(theirs) : child;
            if (!kept.IsEmpty) rest[element] = kept;
        }

        return Node(IsMember && !other.IsMember, rest);
    }

    /// <summary>As <see cref="Difference"/>, and everything below a member of <paramref name="other"/> goes too.</summary>
    public FieldSet DifferenceRecursive(FieldSet other)
    {
        if (IsEmpty || other.IsEmpty) return this;
        var rest = new Dictionary<string, FieldSet>(StringComparer.Ordinal);
        foreach (var (element, child) in Children)
        {
            var kept = child;
            if (other.TryChild(element, out var theirs))
            {
                if (theirs.IsMember) continue;
                kept = child.DifferenceRecursive(theirs);
            }

            if (!kept.IsEmpty) rest[element] = kept;
        }

        return Node(IsMember && !other.IsMember, rest);
    }

    public FieldSet Intersection(FieldSet other)
    {
        if (IsEmpty || other.IsEmpty) return Empty;
        var shared = new Dictionary<string, FieldSet>(StringComparer.Ordinal);
        foreach (var (element, child) in Children)
        {
            if (!other.TryChild(element, out var theirs)) continue;
            var both = child.Intersection(theirs);
            if (!both.IsEmpty) shared[element] = both;
        }

        return Node(IsMember && other.IsMember, shared);
    }

    public bool IsSubsetOf(FieldSet other)
    {
        if (IsMember && !other.IsMember) return false;
        foreach (var (element, child) in Children)
            if (!child.IsEmpty && (!other.TryChild(element, out var theirs) || !child.IsSubsetOf(theirs))) return false;
        return true;
    }

    public bool SetEquals(FieldSet other) => IsSubsetOf(other) && other.IsSubsetOf(this);

    /// <summary>Every member's path: at each level the members first, then what is below.</summary>
    public IEnumerable<IReadOnlyList<string>> Paths() => Paths([]);

    internal bool TryChild(string element, [NotNullWhen(true)] out FieldSet? child)
    {
        child = null;
        return children is not null && children.TryGetValue(element, out child);
    }

    /// <summary>Whether the raw FieldsV1 has a member that is here too: spares parsing the sets of managers that a write does not touch.</summary>
    internal bool Overlaps(JsonObject fields)
    {
        if (children is null) return false;
        foreach (var (element, child) in children)
        {
            if (!fields.TryGetPropertyValue(element, out var node) || node is not JsonObject below) continue;
            if (child.IsMember && IsMemberJson(below)) return true;
            if (child.Overlaps(below)) return true;
        }

        return false;
    }

    /// <summary>Whether every path of this set is in the raw FieldsV1.</summary>
    internal bool IsCoveredBy(JsonObject fields)
    {
        foreach (var (element, child) in Children)
        {
            if (!fields.TryGetPropertyValue(element, out var node) || node is not JsonObject below) return false;
            if (child.IsMember && !IsMemberJson(below)) return false;
            if (!child.IsCoveredBy(below)) return false;
        }

        return true;
    }

    internal static FieldSet Node(bool isMember, Dictionary<string, FieldSet>? children)
    {
        if (children is null || children.Count == 0) return isMember ? Leaf : Empty;
        return new FieldSet { IsMember = isMember, children = children };
    }

    private static bool IsMemberJson(JsonObject node) => node.Count == 0 || node.ContainsKey(".");

    private static FieldSet Parse(JsonObject fields, bool root)
    {
        if (fields.Count == 0) return root ? Empty : Leaf;
        var member = false;
        var children = new Dictionary<string, FieldSet>(fields.Count, StringComparer.Ordinal);
        foreach (var (element, below) in fields)
        {
            if (element == ".")
            {
                member = !root;
                continue;
            }

            if (below is not JsonObject nested) throw new FormatException($"fieldsV1: the value of {element} is not an object");
            children[PathElement.Canonical(element)] = Parse(nested, root: false);
        }

        return Node(member, children);
    }

    private IEnumerable<IReadOnlyList<string>> Paths(string[] prefix)
    {
        var ordered = Children.OrderBy(pair => pair.Key, PathElementOrder.Instance).ToList();
        foreach (var (element, child) in ordered)
            if (child.IsMember) yield return [.. prefix, element];
        foreach (var (element, child) in ordered)
        {
            if (child.children is null) continue;
            foreach (var below in child.Paths([.. prefix, element])) yield return below;
        }
    }
}
