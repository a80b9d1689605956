using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Patterns;

namespace Dovetail.Machinery.Schemas;

/// <summary>The JSON types of OpenAPI; <see cref="Any"/> is a schema without <c>type</c> (int-or-string, quantities, preserved JSON).</summary>
public enum SchemaType
{
    Any,
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

/// <summary><c>x-kubernetes-list-type</c>: whether a list is one value, a set of scalars, or a map keyed by <see cref="Schema.ListMapKeys"/>.</summary>
public enum ListType
{
    Unset,
    Atomic,
    Set,
    Map,
}

/// <summary><c>x-kubernetes-map-type</c>: whether an object is one value or merged key by key.</summary>
public enum MapType
{
    Unset,
    Atomic,
    Granular,
}

/// <summary>Whether a field of a Go struct is written when it holds its zero value: false, 0, "", no elements.</summary>
public enum ZeroValue
{
    /// <summary>Zero and absent are two things (a pointer in Go).</summary>
    Kept,

    /// <summary><c>omitempty</c>: zero is the same as absent, and is left out.</summary>
    Omitted,

    /// <summary>Absent is the same as zero, and is written: null for lists, maps and times.</summary>
    Written,
}

/// <summary>One of a kind's names in the API.</summary>
public sealed record GroupVersionKind(string Group, string Version, string Kind);

/// <summary>One rule of <c>x-kubernetes-validations</c>. Kept with the schema; not evaluated by the walk.</summary>
public sealed record CelRule(string Rule, string Message, string MessageExpression, string Reason, string FieldPath, bool OptionalOldSelf);

/// <summary>What <c>x-kubernetes-unions</c> says of a built-in type: fields that belong to one value each of the discriminator ("" when the union has none).</summary>
public sealed record SchemaUnion(string Discriminator, ImmutableArray<(string Field, string Value)> Fields);

/// <summary>A schema as CRDs (structural schemas of apiextensions.k8s.io/v1) and Kubernetes' own kinds use it. Immutable once published; it may be recursive
/// (JSONSchemaProps is), because <see cref="Properties"/> is shared by every use of a named definition.</summary>
public sealed record Schema
{
    /// <summary>A schema that accepts everything and keeps everything.</summary>
    public static Schema Anything { get; } = new() { PreserveUnknownFields = true };

    /// <summary>The definition's name in OpenAPI (<c>io.k8s.api.core.v1.PodSpec</c>), "" for an inline schema. Uses of one definition differ in description, default and list type only.</summary>
    public string DefinitionName { get; init; } = "";

    public SchemaType Type { get; init; }

    /// <summary>Known fields of an object, empty for other types.</summary>
    public SchemaProperties Properties { get; init; } = SchemaProperties.Empty;

    /// <summary>The schema of a list's elements.</summary>
    public Schema? Items { get; init; }

    /// <summary>The schema of a map's values; <see cref="Anything"/> for <c>additionalProperties: true</c>; null when there is none.</summary>
    public Schema? AdditionalProperties { get; init; }

    public bool Nullable { get; init; }

    /// <summary>What the field gets when it is absent; null when there is no default. Never handed out: it is cloned into the object.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Allowed values, each kept as JSON; empty when any value is allowed.</summary>
    public ImmutableArray<JsonNode> Enum { get; init; } = [];

    public string Format { get; init; } = "";

    /// <summary><c>pattern</c>, in Go's syntax; null when there is none.</summary>
    public GoPattern? Pattern { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    public bool ExclusiveMinimum { get; init; }

    public bool ExclusiveMaximum { get; init; }

    public double? MultipleOf { get; init; }

    /// <summary>In Unicode code points, as upstream counts.</summary>
    public long? MinLength { get; init; }

    public long? MaxLength { get; init; }

    public long? MinItems { get; init; }

    public long? MaxItems { get; init; }

    public bool UniqueItems { get; init; }

    public long? MinProperties { get; init; }

    public long? MaxProperties { get; init; }

    public ImmutableArray<Schema> AllOf { get; init; } = [];

    public ImmutableArray<Schema> AnyOf { get; init; } = [];

    public ImmutableArray<Schema> OneOf { get; init; } = [];

    public Schema? Not { get; init; }

    /// <summary>Field names that must be present.</summary>
    public ImmutableArray<string> Required { get; init; } = [];

    /// <summary><c>x-kubernetes-int-or-string</c>.</summary>
    public bool IntOrString { get; init; }

    /// <summary>A <c>resource.Quantity</c> of a built-in kind: a string or a number.</summary>
    public bool Quantity { get; init; }

    /// <summary><c>x-kubernetes-preserve-unknown-fields</c>.</summary>
    public bool PreserveUnknownFields { get; init; }

    /// <summary><c>x-kubernetes-embedded-resource</c>: a whole object with apiVersion, kind and metadata.</summary>
    public bool EmbeddedResource { get; init; }

    public ListType ListType { get; init; }

    public ImmutableArray<string> ListMapKeys { get; init; } = [];

    public MapType MapType { get; init; }

    /// <summary><c>x-kubernetes-patch-merge-key</c> of strategic merge patches; built-in kinds only.</summary>
    public string PatchMergeKey { get; init; } = "";

    /// <summary><c>x-kubernetes-patch-strategy</c>: "", merge, replace, retainKeys, or two of them joined by a comma.</summary>
    public string PatchStrategy { get; init; } = "";

    public string Description { get; init; } = "";

    public string Title { get; init; } = "";

    /// <summary>What <c>x-kubernetes-group-version-kind</c> says.</summary>
    public ImmutableArray<GroupVersionKind> Kinds { get; init; } = [];

    public SchemaUnion? Union { get; init; }

    /// <summary><c>x-kubernetes-validations</c>.</summary>
    public ImmutableArray<CelRule> CelRules { get; init; } = [];

    /// <summary>Upstream decodes this into a Go struct: null means absent, and an absent scalar that is required has its zero value.</summary>
    public bool Typed { get; init; }

    /// <summary>What Go's encoder does with this field's zero value; of built-in kinds only.</summary>
    public ZeroValue Zero { get; init; }

    /// <summary>The schema of a field or a map's value; null when the field is unknown here.</summary>
    public Schema? Field(string name) => Properties.Find(name) ?? AdditionalProperties;

    private bool? hasUniqueLists;
    private bool? hasEmbedded;

    /// <summary>Whether it holds a set or a map list anywhere; asked of custom schemas, which are not recursive.</summary>
    internal bool HasUniqueLists => hasUniqueLists ??= ListType is ListType.Set or ListType.Map || Inner().Any(static s => s.HasUniqueLists);

    /// <summary>Whether it holds an embedded resource anywhere.</summary>
    internal bool HasEmbedded => hasEmbedded ??= EmbeddedResource || Inner().Any(static s => s.HasEmbedded);

    internal bool HasNumberRules => Minimum is not null || Maximum is not null || MultipleOf is not null || Type is SchemaType.Integer or SchemaType.Number;

    private IEnumerable<Schema> Inner()
    {
        foreach (var (_, field) in Properties)
            yield return field;
        if (Items is not null)
            yield return Items;
        if (AdditionalProperties is not null)
            yield return AdditionalProperties;
    }

    internal bool HasCombinations => AllOf.Length + AnyOf.Length + OneOf.Length > 0 || Not is not null;

    /// <summary>Schemas are compared by identity: a recursive one has no other equality.</summary>
    public bool Equals(Schema? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    public override string ToString() => DefinitionName.Length > 0 ? DefinitionName : Type.ToString();
}
