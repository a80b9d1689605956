using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Checks an object against its CRD's schema with the rules and the words of upstream's validator (kube-openapi): which of several alternatives is complained of hangs on how many
/// checks each passed, so every visit counts them.</summary>
internal sealed class CustomResourceValidation
{
    private readonly FieldPath path = new();
    private List<StatusCause> causes = [];

    /// <summary>Every broken rule, none twice; <paramref name="old"/> is the object before an update.</summary>
    public static IReadOnlyList<StatusCause> Check(Schema schema, JsonObject obj, JsonObject? old)
    {
        var check = new CustomResourceValidation();
        check.Visit(schema, obj, null);
        if (check.causes.Count > 0 && old is not null)
        {
            // Most updates are valid, so that the objects are compared only when something is wrong.
            check.causes.Clear();
            check.VisitLike(schema, obj, new(schema, obj, old));
        }
        List<StatusCause> found = check.causes.Count > 1 ? [.. check.causes.Distinct()] : check.causes;
        EmbeddedRules.CheckAll(schema, obj, found);
        if (ListRules.Doubled(schema, obj) is { } doubled && (old is null || ListRules.Doubled(schema, old) is null))
            found.AddRange(doubled);
        return found;
    }

    /// <summary>What is wrong with a value that has not changed is no reason to refuse an update.</summary>
    private int VisitLike(Schema schema, JsonNode? value, Correlation like)
    {
        var before = causes.Count;
        var passed = Visit(schema, value, like);
        if (causes.Count > before && like.Unchanged)
            causes.RemoveRange(before, causes.Count - before);
        return passed;
    }

    private int Visit(Schema schema, JsonNode? value, Correlation? like)
    {
        var typed = schema.Type != SchemaType.Any || schema.IntOrString || Format(schema).Length > 0;
        var fault = typed ? TypeFault(schema, value) : null;
        if (fault is not null)
            causes.Add(fault);
        if (value is null)
        {
            CheckEnum(schema, null);
            return fault is null ? 1 : 0;
        }
        var passed = !typed ? 0 : fault is null ? 2 : 1;
        passed += 3 + Combinations(schema, value);
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                passed += 1 + Text(schema, value.GetValue<string>());
                break;
            case JsonValueKind.Number:
                if (schema.HasNumberRules)
                    NumberRules.Check(schema, value.AsValue(), path.ToString(), causes);
                passed += 2;
                break;
            case JsonValueKind.Array:
                passed += 2 + Items(schema, (JsonArray)value, like);
                break;
            default:
                break;
        }
        CheckEnum(schema, value);
        return value is JsonObject obj ? passed + 1 + Fields(schema, obj, like) : passed;
    }

    /// <summary>A format that the schema's type does not have is none.</summary>
    private static string Format(Schema schema) => schema.Type switch
    {
        SchemaType.Any or SchemaType.String => Formats.IsKnown(schema.Format) ? schema.Format : "",
        SchemaType.Integer => schema.Format is "int32" or "int64" ? schema.Format : "",
        SchemaType.Number => schema.Format is "float" or "double" ? schema.Format : "",
        SchemaType.Object or SchemaType.Array or SchemaType.Boolean => "",
    };

    private StatusCause? TypeFault(Schema schema, JsonNode? value)
    {
        var wanted = schema.IntOrString ? "integer,string" : schema.Type == SchemaType.Any ? "" : TypeName(schema.Type);
        if (value is null)
            return wanted.Length > 0 && !schema.Nullable ? WrongType(wanted, "null") : null;
        var (type, measure) = value.GetValueKind() switch
        {
            JsonValueKind.Object => ("object", ""),
            JsonValueKind.Array => ("array", ""),
            JsonValueKind.String => ("string", ""),
            JsonValueKind.Number => JsonNumber.IsWhole(value.AsValue()) ? ("integer", "int64") : ("number", "float64"),
            _ => ("boolean", ""),
        };
        var takesIntegers = schema.Type == SchemaType.Integer || schema.IntOrString;
        var fits = wanted == type || (schema.IntOrString && type is ("integer" or "string"))
            || (type == "integer" && schema.Type == SchemaType.Number)
            || (type == "number" && takesIntegers && GoValues.IsInteger(JsonNumber.Of(value.AsValue()).Value));
        var format = Format(schema);
        // A value that is no text and no list is measured by the schema's format, and a text or a list is not measured at all when the schema has one.
        if (format.Length > 0 && type is not ("string" or "array") && !fits && measure != format)
            return WrongType(format, measure);
        if (format.Length > 0 && type is ("string" or "array") && !takesIntegers && schema.Type != SchemaType.Number)
            return null;
        return fits ? null : WrongType(wanted, type);
    }

    private StatusCause WrongType(string wanted, string actual)
    {
        var at = path.ToString();
        return FieldErrors.TypeInvalid(Named(at), actual, $"{at} in body must be of type {wanted}: {GoText.Quote(actual)}");
    }

    private void CheckEnum(Schema schema, JsonNode? value)
    {
        if (schema.Enum.IsEmpty)
            return;
        foreach (var allowed in schema.Enum)
        {
            if (GoValues.IsAllowed(value, allowed))
                return;
        }
        causes.Add(FieldErrors.NotSupported(Named(path.ToString()), GoValues.Sorted(value), schema.Enum.Select(static e => e.GetValueKind() == JsonValueKind.String ? e.GetValue<string>() : GoText.Json(GoValues.Sorted(e)))));
    }

    /// <summary>Returns 1 when the text's format is known, and so counts as a check.</summary>
    private int Text(Schema schema, string text)
    {
        // UTF-16 units are never fewer than code points, so most texts need no counting.
        if (schema.MaxLength is { } max && text.Length > max && CodePoints(text) > max)
            causes.Add(FieldErrors.TooLong(Named(path.ToString()), max));
        else if (schema.MinLength is { } min && CodePoints(text) < min)
            causes.Add(Broken(text, $"should be at least {min} chars long"));
        else if (schema.Pattern is { } pattern && !pattern.IsMatch(text))
            causes.Add(Broken(text, $"should match '{pattern.Text}'"));
        if (schema.Format.Length == 0 || !Formats.IsKnown(schema.Format) || schema.Type is not (SchemaType.Any or SchemaType.String))
            return 0;
        if (!Formats.IsValid(schema.Format, text))
        {
            var at = path.ToString();
            causes.Add(FieldErrors.TypeInvalid(Named(at), text, $"{at} in body must be of type {schema.Format}: {GoText.Quote(text)}"));
        }
        return 1;
    }

    private static int CodePoints(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
            count++;
        return count;
    }

    private int Items(Schema schema, JsonArray array, Correlation? like)
    {
        var passed = 0;
        if (schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
            {
                path.Push(i);
                passed += like?.Item(i) is { } earlier ? VisitLike(items, array[i], earlier) : Visit(items, array[i], null);
                path.Pop();
            }
        }
        if (schema.MinItems is { } min && array.Count < min)
            causes.Add(Broken(array.Count, $"should have at least {min} items"));
        if (schema.MaxItems is { } max && array.Count > max)
            causes.Add(FieldErrors.TooMany(Named(path.ToString()), array.Count, max));
        return passed;
    }

    private int Fields(Schema schema, JsonObject obj, Correlation? like)
    {
        var passed = 0;
        if (schema.MinProperties is { } min && obj.Count < min)
            causes.Add(Broken(obj.Count, $"should have at least {min} properties"));
        if (schema.MaxProperties is { } max && obj.Count > max)
            causes.Add(FieldErrors.TooMany(Named(path.ToString()), obj.Count, max));
        for (var i = 0; i < obj.Count; i++)
        {
            var (name, value) = obj.GetAt(i);
            if (schema.Field(name) is not { } field || ReferenceEquals(field, Schema.Anything))
                continue;
            // The names that an object goes by are no part of what may have been wrong before.
            var earlier = path.Depth == 0 && name is ("apiVersion" or "kind") ? null : like?.Field(name);
            path.Push(name);
            passed += earlier is null ? Visit(field, value, null) : VisitLike(field, value, earlier);
            path.Pop();
        }
        foreach (var name in schema.Required)
        {
            if (!obj.ContainsKey(name))
                causes.Add(FieldErrors.Required(path.Child(name)));
        }
        return passed;
    }

    /// <summary>anyOf, oneOf, allOf and not, in upstream's order. Inside them nothing is compared with what was before.</summary>
    private int Combinations(Schema schema, JsonNode value)
    {
        if (!schema.HasCombinations)
            return 1;
        var passed = 1;
        if (!schema.AnyOf.IsEmpty)
            passed += AnyOf(schema.AnyOf, value);
        if (!schema.OneOf.IsEmpty)
            passed += OneOf(schema.OneOf, value);
        var valid = 0;
        foreach (var part in schema.AllOf)
        {
            var (found, checks) = Try(part, value);
            valid += found.Count == 0 ? 1 : 0;
            passed += checks;
            causes.AddRange(found);
        }
        if (valid < schema.AllOf.Length)
            causes.Add(Whole($"must validate all the schemas (allOf){(valid == 0 ? ". None validated" : "")}"));
        if (schema.Not is { } not && Try(not, value).Causes.Count == 0)
            causes.Add(Whole("must not validate the schema (not)"));
        return passed;
    }

    private int AnyOf(ImmutableArray<Schema> choices, JsonNode value)
    {
        (List<StatusCause> Causes, int Passed)? nearest = null;
        foreach (var choice in choices)
        {
            var result = Try(choice, value);
            if (result.Causes.Count == 0)
                return result.Passed;
            if (nearest is null || result.Passed > nearest.Value.Passed)
                nearest = result;
        }
        causes.Add(Whole("must validate at least one schema (anyOf)"));
        causes.AddRange(nearest!.Value.Causes);
        return nearest.Value.Passed;
    }

    private int OneOf(ImmutableArray<Schema> choices, JsonNode value)
    {
        (List<StatusCause> Causes, int Passed)? nearest = null;
        var (valid, passed) = (0, 0);
        foreach (var choice in choices)
        {
            var result = Try(choice, value);
            if (result.Causes.Count == 0)
                passed = valid++ == 0 ? result.Passed : passed;
            else if (valid == 0 && (nearest is null || result.Passed > nearest.Value.Passed))
                nearest = result;
        }
        if (valid == 1)
            return passed;
        causes.Add(Whole($"must validate one and only one schema (oneOf). Found {(valid == 0 ? "none valid" : $"{valid} valid alternatives")}"));
        if (valid > 0)
            return 0;
        causes.AddRange(nearest!.Value.Causes);
        return nearest.Value.Passed;
    }

    private (List<StatusCause> Causes, int Passed) Try(Schema part, JsonNode value)
    {
        var outer = causes;
        causes = [];
        var passed = Visit(part, value, null);
        var found = causes;
        causes = outer;
        return (found, passed);
    }

    private StatusCause Broken(JsonNode value, string rule)
    {
        var at = path.ToString();
        return FieldErrors.Invalid(Named(at), value, $"{at} in body {rule}");
    }

    /// <summary>A rule of several schemas: upstream says where in the message alone, and the field shows as Go's nil.</summary>
    private StatusCause Whole(string rule) => FieldErrors.Invalid("<nil>", "", $"\"{path}\" {rule}");

    private static string Named(string at) => at.Length == 0 ? "<nil>" : at;

    private static string TypeName(SchemaType type) => type switch
    {
        SchemaType.Any => "",
        SchemaType.Object => "object",
        SchemaType.Array => "array",
        SchemaType.String => "string",
        SchemaType.Integer => "integer",
        SchemaType.Number => "number",
        SchemaType.Boolean => "boolean",
    };
}
