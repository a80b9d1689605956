namespace Dovetail.Api.Schemas;

/// <summary>The field must be present (OpenAPI <c>required</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RequiredAttribute : Attribute;

/// <summary>Items are merged by these keys (<c>x-kubernetes-list-type: map</c>). Lists without an attribute are atomic.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListMapAttribute(params string[] keys) : Attribute
{
    public IReadOnlyList<string> Keys { get; } = keys;
}

/// <summary>Items are unique scalars (<c>x-kubernetes-list-type: set</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListSetAttribute : Attribute;

/// <summary>The only values that the schema lets pass; on a list, of each item.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OneOfAttribute(params string[] values) : Attribute
{
    public IReadOnlyList<string> Values { get; } = values;
}

/// <summary>Inclusive bounds of a number.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BoundsAttribute(long minimum, long maximum = long.MaxValue) : Attribute
{
    public long Minimum { get; } = minimum;

    /// <summary><see cref="long.MaxValue"/>: none.</summary>
    public long Maximum { get; } = maximum;
}

[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxItemsAttribute(int count) : Attribute
{
    public int Count { get; } = count;
}

/// <summary>Inclusive bounds of a string's length in characters.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LengthAttribute(int minimum, int maximum = int.MaxValue) : Attribute
{
    public int Minimum { get; } = minimum;

    /// <summary><see cref="int.MaxValue"/>: none.</summary>
    public int Maximum { get; } = maximum;
}

[AttributeUsage(AttributeTargets.Property)]
public sealed class PatternAttribute(string regex) : Attribute
{
    public string Regex { get; } = regex;
}

/// <summary>An explicit JSON null passes validation (<c>nullable: true</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AcceptsNullAttribute : Attribute;

/// <summary>What the API server puts in when the field is absent.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SchemaDefaultAttribute(object value) : Attribute
{
    public object Value { get; } = value;
}

/// <summary>An explicit JSON null passes as an item of the list.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ItemsAcceptNullAttribute : Attribute;
