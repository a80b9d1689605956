using System.Collections.Immutable;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.OpenApi;

/// <summary>What of a custom resource's schema is published (apiextensions' <c>controller/openapi</c>).</summary>
internal static class CustomSchemas
{
    private static readonly ImmutableArray<Schema> IntegerOrString = [new() { Type = SchemaType.Integer }, new() { Type = SchemaType.String }];

    /// <summary>One level of a schema. Version 2 is for kubectl's older validation: it takes what has a type for closed, so whatever may be null or hold unknown fields has none there.</summary>
    public static Schema Published(Schema schema, bool v2)
    {
        if (!v2)
            return schema.IntOrString && schema.AnyOf.IsEmpty ? schema with { AnyOf = IntegerOrString } : schema;
        var open = schema.Nullable || schema.PreserveUnknownFields;
        var items = open ? null : schema.Items;
        var untyped = schema.Nullable || (items is null && schema.Type == SchemaType.Array) || (schema.PreserveUnknownFields && schema.Type == SchemaType.Object);
        return schema with
        {
            Type = untyped ? SchemaType.Any : schema.Type,
            Items = items,
            Properties = open ? SchemaProperties.Empty : schema.Properties,
            Required = schema.AdditionalProperties is { Nullable: true } ? [] : [.. schema.Required.Where(name => schema.Properties.Find(name) is not { Nullable: true })],
            Nullable = false,
        };
    }
}
