namespace Dovetail.Machinery.Tables;

/// <summary>A column of <c>meta.k8s.io/v1 Table</c>.</summary>
/// <param name="Name">The heading; kubectl prints it in capitals.</param>
/// <param name="Type">OpenAPI's: string, integer, number, boolean, date.</param>
/// <param name="Format">"name" for the column that names the object.</param>
/// <param name="Priority">0 is always shown, above it only with <c>-o wide</c>.</param>
public sealed record TableColumn(string Name, string Type = "string", string Format = "", string Description = "", int Priority = 0)
{
    public static TableColumn ObjectName { get; } = new("Name", Format: "name", Description: "Unique within its namespace, or within the cluster for kinds without one; cannot be changed.");

    public static TableColumn Age { get; } = new("Age", Description: "Time since the object was created.");

    public static TableColumn Wide(string name) => new(name, Priority: 1);
}

/// <summary>What goes into each row's <c>object</c>: <c>?includeObject=</c>.</summary>
public enum IncludeObject
{
    /// <summary>A PartialObjectMetadata; the default.</summary>
    Metadata,
    None,
    Object,
}
