using System.Runtime.InteropServices;

namespace Dovetail.Machinery.Apply;

/// <summary>Collects paths one by one, then makes the set.</summary>
internal sealed class FieldSetBuilder
{
    private readonly Node root = new();

    public bool IsEmpty => root.Children is null;

    public void Insert(IReadOnlyList<string> path)
    {
        var node = root;
        for (var i = 0; i < path.Count; i++)
        {
            node.Children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            ref var child = ref CollectionsMarshal.GetValueRefOrAddDefault(node.Children, path[i], out _);
            node = child ??= new Node();
        }

        if (path.Count > 0) node.IsMember = true;
    }

    public FieldSet Build() => Build(root);

    private static FieldSet Build(Node node)
    {
        if (node.Children is null) return FieldSet.Node(node.IsMember, null);
        var children = new Dictionary<string, FieldSet>(node.Children.Count, StringComparer.Ordinal);
        foreach (var (element, child) in node.Children) children[element] = Build(child);
        return FieldSet.Node(node.IsMember, children);
    }

    private sealed class Node
    {
        public bool IsMember { get; set; }

        public Dictionary<string, Node>? Children { get; set; }
    }
}
