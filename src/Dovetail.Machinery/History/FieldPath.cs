using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Dovetail.Machinery.History;

/// <summary>One step into an object: a field, an item of a list by what tells it from the others, or by its place.</summary>
public abstract record PathStep
{
    private PathStep() { }

    public sealed record Field(string Name) : PathStep;

    /// <summary>The item whose <paramref name="Key"/> is <paramref name="Value"/>.</summary>
    public sealed record Item(string Key, string Value) : PathStep;

    public sealed record At(int Index) : PathStep;
}

/// <summary>Where in an object: <c>spec.containers[name=web].image</c>, <c>metadata.labels["example.com/tier"]</c>, <c>spec.args[0]</c>.</summary>
public sealed record FieldPath(ImmutableArray<PathStep> Steps)
{
    public static FieldPath Root { get; } = new([]);

    public FieldPath Then(PathStep step) => new(Steps.Add(step));

    public bool StartsWith(params ReadOnlySpan<string> fields)
    {
        if (Steps.Length < fields.Length) return false;
        for (var i = 0; i < fields.Length; i++)
            if (Steps[i] is not PathStep.Field field || field.Name != fields[i])
                return false;
        return true;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var step in Steps)
        {
            switch (step)
            {
                case PathStep.Field(var name) when name.AsSpan().IndexOfAny('.', '/', '[') >= 0:
                    text.Append(CultureInfo.InvariantCulture, $"[\"{name}\"]");
                    break;
                case PathStep.Field(var name):
                    text.Append(text.Length == 0 ? "" : ".").Append(name);
                    break;
                case PathStep.Item(var key, var value):
                    text.Append(CultureInfo.InvariantCulture, $"[{key}={value}]");
                    break;
                case PathStep.At(var index):
                    text.Append(CultureInfo.InvariantCulture, $"[{index}]");
                    break;
            }
        }

        return text.ToString();
    }
}
