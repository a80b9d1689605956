using System.Globalization;
using System.Text;

namespace Dovetail.Machinery.Schemas;

/// <summary>Where a walk stands. Cheap to move; text is made only when a finding needs it: <c>spec.containers[0].name</c>.</summary>
public sealed class FieldPath
{
    private (string? Name, int Index)[] segments = new (string?, int)[16]; // a name with index -1 is a map's key
    private int depth;

    public int Depth => depth;

    public void Push(string name) => Push((name, 0));

    /// <summary>A key of a map, which some of upstream's checks write in brackets.</summary>
    public void PushKey(string key) => Push((key, -1));

    public void Push(int index) => Push((null, index));

    public void Pop() => depth--;

    /// <summary>Whether the path begins with these two fields.</summary>
    public bool StartsWith(string first, string second) => depth >= 2 && segments[0].Name == first && segments[1].Name == second;

    public override string ToString() => Text(keysInBrackets: false);

    /// <summary>With keys of maps in brackets: <c>spec.map[key].list[0]</c>.</summary>
    public string Keyed() => Text(keysInBrackets: true);

    private string Text(bool keysInBrackets)
    {
        var text = new StringBuilder();
        for (var i = 0; i < depth; i++)
        {
            var (name, index) = segments[i];
            if (keysInBrackets && name is not null && index < 0)
                text.Append('[').Append(name).Append(']');
            else if (name is null)
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            else
                text.Append(text.Length > 0 ? "." : "").Append(name);
        }
        return text.ToString();
    }

    /// <summary>The path of a field below the current place.</summary>
    public string Child(string name) => depth == 0 ? name : $"{this}.{name}";

    private void Push((string?, int) segment)
    {
        if (depth == segments.Length)
            Array.Resize(ref segments, depth * 2);
        segments[depth++] = segment;
    }
}
