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
    private List<StatusCause>? embeddedCauses;
    private List<StatusCause>? listCauses;
    private bool changed;
    private int nodes;

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
        walk.Object(schema, obj, resource, old);
        if (walk.causes is { Count: > 1 } && !schema.Typed)
            walk.causes = [.. walk.causes.Distinct()];
        walk.AddListCauses(schema, old);
        return walk.unknown is null && walk.causes is null && !walk.changed
            ? SchemaReport.Clean
            : new(walk.unknown ?? (IReadOnlyList<string>)[], walk.causes ?? (IReadOnlyList<StatusCause>)[], walk.changed);
    }

    /// <summary>Doubled items of sets and map lists are tolerated when the object before had some, wherever they were.</summary>
    private void AddListCauses(Schema schema, JsonObject? old)
    {
        if (embeddedCauses is not null)
            (causes ??= []).AddRange(embeddedCauses);
        if (listCauses is null)
            return;
        if (old is not null)
        {
            var before = new SchemaWalk(SchemaPasses.Validate, new());
            before.Object(schema, old, resource: true, null);
            if (before.listCauses is not null)
                return;
        }
        (causes ??= []).AddRange(listCauses);
    }

    private static Schema? ResourceField(string name) => name switch
    {
        "metadata" => BuiltInSchemas.ObjectMeta,
        "apiVersion" or "kind" => ResourceName,
        _ => null,
    };

    /// <summary>Whether a value is what it was before, as upstream finds out: fields that the schema does not know cannot be compared, and make a difference.</summary>
    private static bool Unchanged(Schema schema, JsonNode? old, JsonNode? value)
    {
        switch (old, value)
        {
            case (JsonObject before, JsonObject now):
                if (before.Count != now.Count)
                    return false;
                foreach (var (name, field) in now)
                {
                    if (schema.Field(name) is not { } known || ReferenceEquals(known, Schema.Anything) || !before.TryGetPropertyValue(name, out var earlier) || !Unchanged(known, earlier, field))
                        return false;
                }
                return true;
            case (JsonArray before, JsonArray now) when schema is { ListType: ListType.Map, Items: { } items }:
                if (before.Count != now.Count)
                    return false;
                foreach (var item in now)
                {
                    if (item is null || ListRules.Like(schema, item, before) is not { } like || !Unchanged(items, like, item))
                        return false;
                }
                return true;
            default:
                return JsonNode.DeepEquals(old, value);
        }
    }

    private static readonly Schema ResourceName = new() { Type = SchemaType.String };

    private void Visit(Schema schema, JsonNode value, JsonNode? old)
    {
        nodes++;
        var before = causes?.Count ?? 0;
        switch (value)
        {
            case JsonObject obj when schema.Type is SchemaType.Object or SchemaType.Any && !schema.IntOrString && !schema.Quantity:
                Object(schema, obj, schema.EmbeddedResource, old as JsonObject);
                break;
            case JsonArray array when schema.Type is SchemaType.Array or SchemaType.Any && !schema.IntOrString && !schema.Quantity:
                Array(schema, array, old as JsonArray);
                break;
            default:
                if (validate)
                    ValueRules.Check(schema, value, path, ref causes);
                break;
        }
        if (validate && schema.HasCombinations)
            Combinations(schema, value, old);
        if (causes?.Count > before && old is not null && Unchanged(schema, old, value))
            causes.RemoveRange(before, causes.Count - before);
    }

    private void Object(Schema schema, JsonObject obj, bool resource, JsonObject? old)
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
                VisitField(schema, field, name, value, resource, old?[name]);
            }
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

    private void VisitField(Schema parent, Schema field, string name, JsonNode? value, bool resource, JsonNode? old)
    {
        if (value is null)
        {
            if (validate && !field.Nullable && !field.Typed && field.Type != SchemaType.Any)
                Add(ValueRules.TypeError(field, null, path.ToString()));
            else if (validate && field.Nullable && !field.Typed)
                ValueRules.CheckEnum(field, null, path, ref causes);
            return;
        }
        var entersStatus = resource && parent.Typed && path.Depth == 1 && name == "status";
        inStatus |= entersStatus;
        // The names that an object goes by are no part of what may have been wrong before.
        Visit(field, value, resource && path.Depth == 1 && name is "apiVersion" or "kind" or "metadata" ? null : old);
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

    private void Array(Schema schema, JsonArray array, JsonArray? old)
    {
        if (schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
            {
                path.Push(i);
                if (fill && array[i] is null && items is { Nullable: false, Default: { } filler })
                    array[i] = filler.DeepClone();
                if (array[i] is { } value)
                    Visit(items, value, old is null ? null : ListRules.Like(schema, value, old));
                else if (validate && !items.Nullable && items.Type != SchemaType.Any)
                    Add(ValueRules.TypeError(items, null, path.ToString()));
                path.Pop();
            }
        }
        if (validate)
            ListRules.Check(schema, array, path, ref causes, ref listCauses);
    }

    private void ObjectRules(Schema schema, JsonObject obj, bool resource)
    {
        foreach (var name in schema.Required)
        {
            if (!obj.ContainsKey(name) && !(schema.Typed && HasZeroValue(schema.Properties.Find(name)!)))
                Add(FieldErrors.Required(path.Child(name)));
        }
        if (resource && path.Depth > 0)
            EmbeddedRules.Check(obj, path.Keyed(), embeddedCauses ??= []);
        if (schema.MinProperties is { } min && obj.Count < min)
            Add(ValueRules.BodyError(path, JsonValue.Create(obj.Count), $"should have at least {min} properties"));
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
    private void Combinations(Schema schema, JsonNode value, JsonNode? old)
    {
        var broken = 0;
        foreach (var part in schema.AllOf)
        {
            if (Broken(part, value, old).Causes is not { } found)
                continue;
            broken++;
            (causes ??= []).AddRange(found);
        }
        if (broken > 0)
            Add(ValueRules.PlainBodyError(path, $"must validate all the schemas (allOf){(broken == schema.AllOf.Length ? ". None validated" : "")}"));
        if (schema.AnyOf.Length > 0 && Matches(schema.AnyOf, value, old, "must validate at least one schema (anyOf)", out var nearest) == 0)
            (causes ??= []).AddRange(nearest);
        if (schema.OneOf.Length > 0 && Matches(schema.OneOf, value, old, "must validate one and only one schema (oneOf). Found none valid", out nearest) is var matches && matches != 1)
        {
            if (matches == 0)
                (causes ??= []).AddRange(nearest);
            else
                Add(ValueRules.PlainBodyError(path, $"must validate one and only one schema (oneOf). Found {matches} valid alternatives"));
        }
        if (schema.Not is { } not && Broken(not, value, old).Causes is null)
            Add(ValueRules.PlainBodyError(path, "must not validate the schema (not)"));
    }

    /// <summary>How many of the choices hold. When none does, upstream says what is wrong with the one that it could check furthest.</summary>
    private int Matches(ImmutableArray<Schema> choices, JsonNode value, JsonNode? old, string none, out List<StatusCause> nearest)
    {
        var matches = 0;
        var furthest = -1;
        nearest = [];
        foreach (var choice in choices)
        {
            var (found, checks) = Broken(choice, value, old);
            if (found is null)
                matches++;
            else if (checks > furthest)
                (furthest, nearest) = (checks, [ValueRules.PlainBodyError(path, none), .. found]);
        }
        return matches;
    }

    private (List<StatusCause>? Causes, int Checks) Broken(Schema part, JsonNode value, JsonNode? old)
    {
        var inner = new SchemaWalk(SchemaPasses.Validate, path);
        inner.Visit(part, value, old);
        return (inner.causes, inner.nodes);
    }

    private void Add(StatusCause cause) => (causes ??= []).Add(cause);
}
