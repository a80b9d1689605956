using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>The compact source of schemas.</summary>
internal sealed class KindSource
{
    public IReadOnlyList<string> Names { get; } = [];

    public static KindSource FromResources() => new();

    public Schema? Find(string definitionName) => null;
}
