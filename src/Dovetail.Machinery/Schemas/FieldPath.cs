using System.Globalization;
using System.Text;

namespace Dovetail.Machinery.Schemas;

/// <summary>Where a walk stands. Cheap to move; text is made only when a finding needs it: <c>spec.containers[0].name</c>.</summary>
public sealed class FieldPath
{
    private (string? Name, int Index)[] segments = new (string?, int)[16];
    private int depth;

    public int Depth => depth;

    public void Push(string name) => Push((name, 0));

    public void Push(int index) => Push((null, index));

    public void Pop() => depth--;

    /// <summary>Whether the path begins with these two fields.</summary>
    public bool StartsWith(string first, string second) => depth >= 2 && segments[0].Name == first && segments[1].Name == second;

    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = 0; i < depth; i++)
        {
            var (name, index) = segments[i];
            if (name is null)
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
