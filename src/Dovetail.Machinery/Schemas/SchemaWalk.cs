using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Prunes, defaults and validates an object against a schema in one walk from the top: at each object first absent fields get their defaults,
/// then unknown fields go, then what is left is checked and descended into. That is upstream's order, since a default is itself pruned and valid.</summary>
public sealed class SchemaWalk
{
    private readonly bool prune;
    private readonly bool fill;
    private readonly bool validate;
    private readonly FieldPath path;
    private List<string>? unknown;
    private List<StatusCause>? causes;
    private bool changed;

    /// <summary>Inside the status of a built-in kind an absent text is its zero value.</summary>
    private bool inStatus;

    private SchemaWalk(SchemaPasses passes, FieldPath path)
    {
        this.path = path;
        prune = passes.HasFlag(SchemaPasses.Prune);
        fill = passes.HasFlag(SchemaPasses.Default);
        validate = passes.HasFlag(SchemaPasses.Validate);
    }

    /// <summary>Runs the passes over a whole object (apiVersion, kind and metadata are known to it), editing it in place.</summary>
    public static SchemaReport Run(Schema schema, JsonObject obj, SchemaPasses passes) => Run(schema, obj, passes, resource: true);

    /// <summary>As <see cref="Run(Schema, JsonObject, SchemaPasses)"/> for an update: what was invalid in <paramref name="old"/> and was left alone is tolerated (CRDValidationRatcheting).
    /// Fields and the items of map lists are compared with their like; items of other lists cannot be told apart.</summary>
    public static SchemaReport RunUpdate(Schema schema, JsonObject obj, JsonObject old, SchemaPasses passes) => Run(schema, obj, passes, resource: true, old);

    /// <summary>Runs the passes over an object that is no resource of its own: the options of a subresource, a part of an object.</summary>
    public static SchemaReport RunPart(Schema schema, JsonObject obj, SchemaPasses passes) => Run(schema, obj, passes, resource: false);

    private static SchemaReport Run(Schema schema, JsonObject obj, SchemaPasses passes, bool resource, JsonObject? old = null)
    {
        var walk = new SchemaWalk(passes, new());
        walk.Object(schema, obj, resource);
        if (walk.validate && !schema.Typed && CustomResourceValidation.Check(schema, obj, old) is { Count: > 0 } broken)
            (walk.causes ??= []).AddRange(broken);
        return walk.unknown is null && walk.causes is null && !walk.changed
            ? SchemaReport.Clean
            : new(walk.unknown ?? (IReadOnlyList<string>)[], walk.causes ?? (IReadOnlyList<StatusCause>)[], walk.changed);
    }

    private static Schema? ResourceField(string name) => name switch
    {
        "metadata" => BuiltInSchemas.ObjectMeta,
        "apiVersion" or "kind" => ResourceName,
        _ => null,
    };

    private static readonly Schema ResourceName = new() { Type = SchemaType.String, Typed = true };

    private void Visit(Schema schema, JsonNode value)
    {
        switch (value)
        {
            case JsonObject obj when schema.Type is SchemaType.Object or SchemaType.Any && !schema.IntOrString && !schema.Quantity:
                Object(schema, obj, schema.EmbeddedResource);
                break;
            case JsonArray array when schema.Type is SchemaType.Array or SchemaType.Any && !schema.IntOrString && !schema.Quantity:
                Array(schema, array);
                break;
            default:
                if (validate && schema.Typed)
                    ValueRules.Check(schema, value, path, ref causes);
                break;
        }
    }

    private void Object(Schema schema, JsonObject obj, bool resource)
    {
        if (fill)
            FillIn(schema, obj);
        List<string>? dropped = null;
        for (var i = 0; i < obj.Count; i++)
        {
            var (name, value) = obj.GetAt(i);
            var field = (resource ? ResourceField(name) : null) ?? schema.Field(name);
            if (field is not null && ReferenceEquals(field, schema.AdditionalProperties))
                path.PushKey(name);
            else
                path.Push(name);
            if (field is null ? Drops(schema) : value is null && DropsNull(field))
                (dropped ??= []).Add(name);
            else if (field is not null)
            {
                if (value is null && field is { Nullable: false, Default: { } filler } && fill)
                    obj[name] = value = filler.DeepClone();
                VisitField(schema, field, name, value, resource);
            }
            path.Pop();
        }
        if (dropped is not null)
            Remove(obj, dropped);
        if (validate && schema.Typed)
            ObjectRules(schema, obj);
    }

    /// <summary>Taking one field out of an object moves all that follow it: many of them are left out of a new start instead.</summary>
    private static void Remove(JsonObject obj, List<string> names)
    {
        if (names.Count < 16)
        {
            foreach (var name in names)
                obj.Remove(name);
            return;
        }
        var gone = names.ToHashSet(StringComparer.Ordinal);
        var kept = obj.Where(field => !gone.Contains(field.Key)).ToList();
        obj.Clear();
        foreach (var (name, value) in kept)
            obj.Add(name, value);
    }

    private void VisitField(Schema parent, Schema field, string name, JsonNode? value, bool resource)
    {
        if (value is null)
            return;
        var entersStatus = resource && parent.Typed && path.Depth == 1 && name == "status";
        inStatus |= entersStatus;
        Visit(field, value);
        if (entersStatus)
            inStatus = false;
    }

    /// <summary>Whether an unknown field of <paramref name="schema"/> goes; what goes is named.</summary>
    private bool Drops(Schema schema)
    {
        if (!prune || schema.PreserveUnknownFields)
            return false;
        if ((unknown ??= []).Count < JsonObjectReader.MaxFindings)
            unknown.Add(schema.Typed ? path.Keyed() : path.ToString());
        return changed = true;
    }

    /// <summary>A null field of a Go struct is absent, and so is one that a CRD gives a type which is not nullable and has no default.</summary>
    private bool DropsNull(Schema field) =>
        fill && (field.Typed || (!field.Nullable && field.Default is null && !ReferenceEquals(field, Schema.Anything))) && (changed = true);

    private void FillIn(Schema schema, JsonObject obj)
    {
        foreach (var (name, field) in schema.Properties.Defaulted)
        {
            if (obj.TryGetPropertyValue(name, out var present) && (present is not null || field.Nullable))
                continue;
            obj[name] = field.Default!.DeepClone();
            changed = true;
        }
    }

    private void Array(Schema schema, JsonArray array)
    {
        if (schema.Items is not { } items)
            return;
        for (var i = 0; i < array.Count; i++)
        {
            path.Push(i);
            if (fill && array[i] is null && items is { Nullable: false, Default: { } filler })
                array[i] = filler.DeepClone();
            if (array[i] is { } value)
                Visit(items, value);
            else if (validate && items is { Typed: true, Nullable: false } && items.Type != SchemaType.Any)
                Add(ValueRules.TypeError(items, null, path.ToString()));
            path.Pop();
        }
    }

    private void ObjectRules(Schema schema, JsonObject obj)
    {
        foreach (var name in schema.Required)
        {
            if (!obj.ContainsKey(name) && !HasZeroValue(schema.Properties.Find(name)!))
                Add(FieldErrors.Required(path.Child(name)));
        }
    }

    /// <summary>What a Go struct has without being told: numbers, booleans and lists always, texts in status.</summary>
    private bool HasZeroValue(Schema field) => field.Type switch
    {
        SchemaType.Integer or SchemaType.Number or SchemaType.Boolean or SchemaType.Array => true,
        SchemaType.String => inStatus,
        SchemaType.Object or SchemaType.Any => inStatus || field.AdditionalProperties is not null,
    };

    private void Add(StatusCause cause) => (causes ??= []).Add(cause);
}
