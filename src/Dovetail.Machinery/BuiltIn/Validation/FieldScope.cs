using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>One object inside of the object that is validated, with its path; what is wrong is added to the causes. What rules are written with.</summary>
internal readonly struct FieldScope(JsonObject obj, string path, List<StatusCause> causes)
{
    public const string NotNegativeText = "must be greater than or equal to 0";

    public JsonObject Object { get; } = obj;

    /// <summary>"" for the object itself.</summary>
    public string Path { get; } = path;

    public List<StatusCause> Causes { get; } = causes;

    /// <summary>The path of a field; of the object itself for "".</summary>
    public string At(string field) => Path.Length == 0 ? field : field.Length == 0 ? Path : $"{Path}.{field}";

    public bool Has(string field) => Object[field] is not null;

    public string Text(string field) => Object.Text(field);

    public bool IsTrue(string field) => Object.IsTrue(field);

    public long? Number(string field) => Object[field] is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? (long)JsonNumber.Of(value).Value : null;

    /// <summary>The number; 0 for what is absent.</summary>
    public long Whole(string field) => Number(field) ?? 0;

    public Quantity? Amount(string field) =>
        Object[field] is JsonValue value && Quantity.TryParse(value.TryGetValue(out string? text) ? text : value.ToJsonString(), out var amount) ? amount : null;

    public FieldScope? Child(string field) => Object.Child(field) is { } child ? new(child, At(field), Causes) : null;

    /// <summary>As <see cref="Child"/>, with an empty object for what is absent.</summary>
    public FieldScope Part(string field) => Child(field) ?? new([], At(field), Causes);

    public FieldScope Element(string field, int index, JsonObject element) => new(element, $"{At(field)}[{index.ToString(CultureInfo.InvariantCulture)}]", Causes);

    /// <summary>The elements of a list that are objects.</summary>
    public IEnumerable<FieldScope> Each(string field)
    {
        var list = Object[field] as JsonArray ?? [];
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is JsonObject element)
                yield return Element(field, i, element);
        }
    }

    /// <summary>The elements of a list that are texts, with their paths.</summary>
    public IEnumerable<(string Text, string Path)> Texts(string field)
    {
        var list = Object[field] as JsonArray ?? [];
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is JsonValue value && value.TryGetValue(out string? text))
                yield return (text, $"{At(field)}[{i.ToString(CultureInfo.InvariantCulture)}]");
        }
    }

    /// <summary>The elements of a list that are texts.</summary>
    public List<string> Values(string field)
    {
        var values = new List<string>();
        foreach (var (text, _) in Texts(field))
            values.Add(text);
        return values;
    }

    public int Count(string field) => (Object[field] as JsonArray)?.Count ?? 0;

    public void Required(string field, string detail = "") => Causes.Add(FieldErrors.Required(At(field), detail));

    public void Forbidden(string field, string detail) => Causes.Add(FieldErrors.Forbidden(At(field), detail));

    public void Invalid(string field, string detail) => Causes.Add(FieldErrors.Invalid(At(field), Object[field], detail));

    public void Invalid(string field, JsonNode? value, string detail) => Causes.Add(FieldErrors.Invalid(At(field), value, detail));

    public void Duplicate(string field, JsonNode? value) => Causes.Add(FieldErrors.Duplicate(At(field), value));

    public void NotSupported(string field, JsonNode? value, params string[] supported) => Causes.Add(FieldErrors.NotSupported(At(field), value, supported));

    public void TooLong(string field, long most) => Causes.Add(FieldErrors.TooLong(At(field), most));

    public void TooMany(string field, long count, long most) => Causes.Add(FieldErrors.TooMany(At(field), count, most));

    /// <param name="field">What may not change once it is set.</param>
    /// <param name="before">What it was.</param>
    /// <param name="shown">What the message shows instead of the field.</param>
    public void Unchanged(string field, JsonNode? before, JsonNode? shown = null)
    {
        if (!JsonNode.DeepEquals(Object[field], before))
            Invalid(field, shown ?? Object[field], "field is immutable");
    }

    /// <summary>Adds what is wrong with a text, if anything.</summary>
    public void Name(string field, Func<string, string?> rule)
    {
        if (rule(Text(field)) is { } wrong)
            Invalid(field, Text(field), wrong);
    }

    /// <summary>Adds everything that is wrong with a text.</summary>
    public void Name(string field, Func<string, IEnumerable<string>> rule)
    {
        foreach (var wrong in rule(Text(field)))
            Invalid(field, Text(field), wrong);
    }

    /// <summary>A text that must be there and must follow the rule.</summary>
    public void RequiredName(string field, Func<string, string?> rule)
    {
        if (Text(field).Length == 0)
            Required(field);
        else
            Name(field, rule);
    }

    /// <summary>A text that must follow the rule when it is there and not empty.</summary>
    public void OptionalName(string field, Func<string, string?> rule)
    {
        if (Text(field).Length > 0)
            Name(field, rule);
    }

    /// <summary>Every text of a list must follow the rule.</summary>
    public void EachName(string field, Func<string, string?> rule)
    {
        foreach (var (text, path) in Texts(field))
        {
            if (rule(text) is { } wrong)
                Causes.Add(FieldErrors.Invalid(path, text, wrong));
        }
    }

    /// <summary>A number that is at least 0 when it is there.</summary>
    public void NotNegative(string field)
    {
        if (Number(field) < 0)
            Invalid(field, NotNegativeText);
    }

    public void Positive(string field)
    {
        if (Number(field) is { } number && number <= 0)
            Invalid(field, "must be greater than 0");
    }

    /// <summary>A port number.</summary>
    public void Port(string field)
    {
        if (Number(field) is null or < 1 or > 65535)
            Invalid(field, Object[field] ?? JsonValue.Create(0L), "must be between 1 and 65535, inclusive");
    }

    /// <summary>One of these texts; absent is "".</summary>
    public bool OneOf(string field, params ReadOnlySpan<string> supported)
    {
        foreach (var choice in supported)
        {
            if (Text(field) == choice)
                return true;
        }
        Causes.Add(FieldErrors.NotSupported(At(field), Text(field), supported.ToArray()));
        return false;
    }

    /// <summary>As <see cref="OneOf"/>, but what is absent is required.</summary>
    public void RequiredOneOf(string field, params ReadOnlySpan<string> supported)
    {
        if (Text(field).Length == 0)
            Required(field);
        else
            OneOf(field, supported);
    }

    /// <summary>A label selector, if there is one.</summary>
    public void Selector(string field)
    {
        if (Child(field) is { } selector)
            SelectorRules.Check(selector);
    }

    public void Labels(string field) => ObjectMetaValidation.CheckLabels(Object.Child(field), At(field), Causes);

    /// <summary>An id of a user or a group.</summary>
    public void Id(string field)
    {
        if (Number(field) is < 0 or > int.MaxValue)
            Invalid(field, "must be between 0 and 2147483647, inclusive");
    }
}
