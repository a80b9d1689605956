using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Kinds whose names have a form of their own.</summary>
internal sealed class NamedStrategy(NameRule names) : ResourceStrategy
{
    public override NameRule NameRule => names;
}

/// <summary>Kinds whose first generation is their only one.</summary>
internal sealed class FixedGenerationStrategy : ResourceStrategy
{
    public override bool SameDesire(ServedResource resource, JsonObject a, JsonObject b) => true;
}

/// <summary>CSI drivers have no generation until they are changed.</summary>
internal sealed class CsiDriverStrategy : ResourceStrategy
{
    public override void PrepareForCreate(ServedResource resource, JsonObject obj) => obj.Metadata().Remove("generation");
}
