using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

public enum SchemaShape
{
    /// <summary>No structure is known (RawExtension, FieldsV1, <c>x-kubernetes-preserve-unknown-fields</c> without properties): deduced from the value.</summary>
    Any,
    Scalar,

    /// <summary>Named properties.</summary>
    Struct,

    /// <summary>Free keys; <see cref="IPatchSchema.Property"/> answers the schema of the values for every key.</summary>
    Map,
    List,
}

/// <summary><c>x-kubernetes-list-type</c>; a list without it is atomic for server-side apply.</summary>
public enum ListType
{
    Atomic,
    Set,
    Map,
}

/// <summary><c>x-kubernetes-patch-strategy</c>: what a strategic merge patch does to this field. None means replace.</summary>
[Flags]
public enum PatchStrategies
{
    None = 0,
    Merge = 1,
    Replace = 2,
    RetainKeys = 4,
}

/// <summary>What patches and server-side apply need to know of a type; the Schema model implements it.</summary>
public interface IPatchSchema
{
    SchemaShape Shape { get; }

    /// <summary>The schema of a field of a struct or of a map's values; null when the schema does not know the field.</summary>
    IPatchSchema? Property(string name);

    /// <summary>The schema of a list's items.</summary>
    IPatchSchema? Items { get; }

    /// <summary><c>x-kubernetes-patch-merge-key</c>; "" when there is none.</summary>
    string PatchMergeKey { get; }

    PatchStrategies PatchStrategy { get; }

    ListType ListType { get; }

    /// <summary><c>x-kubernetes-list-map-keys</c>; empty unless <see cref="ListType"/> is Map.</summary>
    IReadOnlyList<string> ListMapKeys { get; }

    /// <summary><c>x-kubernetes-map-type: atomic</c> (also on structs): owned and replaced as one value.</summary>
    bool AtomicMap { get; }

    /// <summary>The <c>default</c> of the field; stands for a list-map key that an item leaves out (<c>protocol: TCP</c>).</summary>
    JsonNode? Default { get; }
}
