using System.Collections.Immutable;
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

    /// <summary>Runs the passes over an object that is no resource of its own: the options of a subresource, a part of an object.</summary>
    public static SchemaReport RunPart(Schema schema, JsonObject obj, SchemaPasses passes) => Run(schema, obj, passes, resource: false);

    private static SchemaReport Run(Schema schema, JsonObject obj, SchemaPasses passes, bool resource)
    {
        var walk = new SchemaWalk(passes, new());
        walk.Object(schema, obj, resource);
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

    private static readonly Schema ResourceName = new() { Type = SchemaType.String };

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
                if (validate)
                    ValueRules.Check(schema, value, path, ref causes);
                break;
        }
        if (validate && schema.HasCombinations)
            Combinations(schema, value);
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
            path.Push(name);
            if (field is null ? Drops(schema) : value is null && DropsNull(field))
                (dropped ??= []).Add(name);
            else if (field is not null)
                VisitField(schema, field, name, value, resource);
            path.Pop();
        }
        if (dropped is not null)
            Remove(obj, dropped);
        if (validate)
            ObjectRules(schema, obj, resource);
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
        {
            if (validate && !field.Nullable && !field.Typed && field.Type != SchemaType.Any)
                Add(ValueRules.TypeError(field, null, path.ToString()));
            return;
        }
        var entersStatus = resource && parent.Typed && path.Depth == 1 && name == "status";
        inStatus |= entersStatus;
        Visit(field, value);
        if (entersStatus)
            inStatus = false;
        // A CRD may narrow metadata.name and generateName, nothing else of metadata.
        if (resource && validate && name == "metadata" && value is JsonObject metadata && parent.Properties.Find(name) is { Typed: false } narrowed)
            Narrowed(narrowed, metadata);
    }

    private void Narrowed(Schema schema, JsonObject metadata)
    {
        foreach (var (name, field) in schema.Properties)
        {
            if (metadata[name] is not { } value)
                continue;
            path.Push(name);
            ValueRules.Check(field, value, path, ref causes);
            path.Pop();
        }
    }

    /// <summary>Whether an unknown field of <paramref name="schema"/> goes; what goes is named.</summary>
    private bool Drops(Schema schema)
    {
        if (!prune || schema.PreserveUnknownFields)
            return false;
        if ((unknown ??= []).Count < JsonObjectReader.MaxFindings)
            unknown.Add(path.ToString());
        return changed = true;
    }

    /// <summary>A null field of a Go struct is absent.</summary>
    private bool DropsNull(Schema field) => field.Typed && fill && (changed = true);

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
        if (schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
            {
                path.Push(i);
                if (array[i] is { } value)
                    Visit(items, value);
                else if (validate && !items.Nullable && items.Type != SchemaType.Any)
                    Add(ValueRules.TypeError(items, null, path.ToString()));
                path.Pop();
            }
        }
        if (validate)
            ListRules.Check(schema, array, path, ref causes);
    }

    private void ObjectRules(Schema schema, JsonObject obj, bool resource)
    {
        foreach (var name in schema.Required)
        {
            if (!obj.ContainsKey(name) && !(schema.Typed && HasZeroValue(schema.Properties.Find(name)!)))
                Add(FieldErrors.Required(path.Child(name)));
        }
        if (resource && path.Depth > 0)
        {
            foreach (var name in (ReadOnlySpan<string>)["apiVersion", "kind"])
            {
                if (obj[name] is not JsonValue value || !value.TryGetValue(out string? text) || text.Length == 0)
                    Add(FieldErrors.Required(path.Child(name), "must not be empty"));
            }
        }
        if (schema.MinProperties is { } min && obj.Count < min)
            Add(ValueRules.BodyError(path, obj, $"should have at least {min} properties"));
        if (schema.MaxProperties is { } max && obj.Count > max)
            Add(FieldErrors.TooMany(path.ToString(), obj.Count, max));
        ValueRules.CheckEnum(schema, obj, path, ref causes);
    }

    /// <summary>What a Go struct has without being told: numbers, booleans and lists always, texts in status.</summary>
    private bool HasZeroValue(Schema field) => field.Type switch
    {
        SchemaType.Integer or SchemaType.Number or SchemaType.Boolean or SchemaType.Array => true,
        SchemaType.String => inStatus,
        SchemaType.Object or SchemaType.Any => inStatus || field.AdditionalProperties is not null,
    };

    /// <summary>allOf, anyOf, oneOf and not: their schemas only check, they never prune or fill in.</summary>
    private void Combinations(Schema schema, JsonNode value)
    {
        foreach (var part in schema.AllOf)
        {
            if (Broken(part, value) is { } broken)
                (causes ??= []).AddRange(broken);
        }
        if (schema.AnyOf.Length > 0 && Matches(schema.AnyOf, value) == 0)
            Add(ValueRules.PlainBodyError(path, value, "must validate at least one schema (anyOf)"));
        if (schema.OneOf.Length > 0 && Matches(schema.OneOf, value) is var matches && matches != 1)
            Add(ValueRules.PlainBodyError(path, value, $"must validate one and only one schema (oneOf). Found {(matches == 0 ? "none" : $"{matches}")} valid"));
        if (schema.Not is { } not && Broken(not, value) is null)
            Add(ValueRules.PlainBodyError(path, value, "must not validate the schema (not)"));
    }

    private int Matches(ImmutableArray<Schema> choices, JsonNode value)
    {
        var matches = 0;
        foreach (var choice in choices)
            matches += Broken(choice, value) is null ? 1 : 0;
        return matches;
    }

    private List<StatusCause>? Broken(Schema part, JsonNode value)
    {
        var inner = new SchemaWalk(SchemaPasses.Validate, path);
        inner.Visit(part, value);
        return inner.causes;
    }

    private void Add(StatusCause cause) => (causes ??= []).Add(cause);
}
