using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

/// <summary>The tree under a JSON patch, with pointers resolved against it. Whatever a pointer cannot reach is a 422.</summary>
internal sealed class JsonPatchDocument(JsonNode? root)
{
    public JsonNode? Root { get; private set; } = root;

    /// <summary>The value at a pointer; an absent field of an object is null.</summary>
    public JsonNode? Get(string pointer)
    {
        var (parent, key) = Locate(pointer);
        return parent is JsonArray array ? array[Index(key, array.Count)] : parent[key];
    }

    /// <summary>As <see cref="Get"/>; the empty pointer is the whole document.</summary>
    public JsonNode? Tested(string pointer) => pointer.Length == 0 ? Root : Get(pointer);

    public void Add(string pointer, JsonNode? value)
    {
        var (parent, key) = Locate(pointer);
        if (parent is not JsonArray array) parent[key] = value;
        else if (key == "-") array.Add(value);
        else array.Insert(Index(key, array.Count + 1), value);
    }

    public void Replace(string pointer, JsonNode? value)
    {
        if (pointer.Length == 0)
        {
            Root = value is JsonObject or JsonArray ? value : throw PatchErrors.DoesNotApply();
            return;
        }

        var (parent, key) = Locate(pointer);
        if (parent is JsonArray array) array[Index(key, array.Count)] = value;
        else parent[key] = value;
    }

    public void Remove(string pointer)
    {
        var (parent, key) = Locate(pointer);
        if (parent is JsonArray array) array.RemoveAt(Index(key, array.Count));
        else if (!parent.AsObject().Remove(key)) throw PatchErrors.DoesNotApply();
    }

    /// <summary>The container that a pointer's last token is looked up in. What stands before the first slash is not looked at, as upstream.</summary>
    private (JsonNode Parent, string Key) Locate(string pointer)
    {
        var tokens = pointer.Split('/');
        if (tokens.Length < 2) throw PatchErrors.DoesNotApply();
        var node = Root;
        for (var i = 1; i < tokens.Length - 1; i++)
        {
            var token = Unescaped(tokens[i]);
            node = node is JsonArray array ? array[Index(token, array.Count)] : (node as JsonObject)?[token];
        }

        return node is JsonObject or JsonArray ? (node, Unescaped(tokens[^1])) : throw PatchErrors.DoesNotApply();
    }

    /// <summary>RFC 6901: <c>~1</c> is a slash, <c>~0</c> a tilde.</summary>
    private static string Unescaped(string token) =>
        token.Contains('~', StringComparison.Ordinal) ? token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal) : token;

    private static int Index(string token, int count)
    {
        if (!int.TryParse(token, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var index)) throw PatchErrors.DoesNotApply();
        if (index < 0) index += count;
        return index >= 0 && index < count ? index : throw PatchErrors.DoesNotApply();
    }
}
