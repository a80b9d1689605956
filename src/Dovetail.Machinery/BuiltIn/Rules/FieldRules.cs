using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>Rules that several kinds share. Each adds what is broken, in upstream's words and order.</summary>
internal static class FieldRules
{
    /// <summary>Adds the finding of a check, if there is one.</summary>
    public static void Form(this List<StatusCause> causes, string path, string value, Func<string, string?> form)
    {
        if (form(value) is { } wrong)
            causes.Add(FieldErrors.Invalid(path, value, wrong));
    }

    /// <summary>The value must be there; when it is it must have a form.</summary>
    public static void RequiredForm(this List<StatusCause> causes, string path, string value, Func<string, string?> form)
    {
        if (value.Length == 0)
            causes.Add(FieldErrors.Required(path));
        else
            causes.Form(path, value, form);
    }

    public static void OneOf(this List<StatusCause> causes, string path, string value, params string[] supported)
    {
        if (!supported.Contains(value))
            causes.Add(FieldErrors.NotSupported(path, value, supported));
    }

    public static void Unchanged(this List<StatusCause> causes, string path, JsonNode? now, JsonNode? before, JsonNode? shown = null)
    {
        if (!JsonNode.DeepEquals(now, before))
            causes.Add(FieldErrors.Invalid(path, shown ?? now, "field is immutable"));
    }

    public static void AtLeast(this List<StatusCause> causes, string path, JsonNode? number, long least)
    {
        if (number is JsonValue && number.Whole() < least)
            causes.Add(FieldErrors.Invalid(path, number, string.Create(CultureInfo.InvariantCulture, $"must be greater than or equal to {least}")));
    }

    /// <summary>The number as a whole one; 0 when it is none.</summary>
    public static long Whole(this JsonNode? node) => node is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (long)(JsonNumber.Of(value).Value) : 0;

    /// <summary>The texts of a list.</summary>
    public static List<string> Texts(this JsonObject obj, string field)
    {
        var texts = new List<string>();
        foreach (var node in obj[field] as JsonArray ?? [])
            texts.Add(node is JsonValue value && value.TryGetValue(out string? text) ? text : "");
        return texts;
    }

    /// <summary>The elements of a list that are objects, each with its path.</summary>
    public static IEnumerable<(JsonObject Item, string Path)> Items(this JsonObject obj, string field, string path)
    {
        var index = 0;
        foreach (var item in obj.Objects(field))
            yield return (item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"));
    }

    public static void LabelSelector(this List<StatusCause> causes, JsonObject? selector, string path)
    {
        if (selector is null)
            return;
        ObjectMetaValidation.CheckLabels(selector.Child("matchLabels"), $"{path}.matchLabels", causes);
        foreach (var (term, at) in selector.Items("matchExpressions", $"{path}.matchExpressions"))
        {
            var values = term.Texts("values");
            switch (term.Text("operator"))
            {
                case "In" or "NotIn":
                    if (values.Count == 0)
                        causes.Add(FieldErrors.Required($"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'"));
                    break;
                case "Exists" or "DoesNotExist":
                    if (values.Count > 0)
                        causes.Add(FieldErrors.Forbidden($"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
                    break;
                case var other:
                    causes.Add(FieldErrors.Invalid($"{at}.operator", other, "not a valid selector operator"));
                    break;
            }
            causes.Form($"{at}.key", term.Text("key"), Names.QualifiedName);
            for (var i = 0; i < values.Count; i++)
                causes.Form($"{at}.values[{i}]", values[i], Names.LabelValue);
        }
    }

    /// <summary>Tolerations of pods, beyond which effects there are.</summary>
    public static void Tolerations(this List<StatusCause> causes, JsonObject owner, string path)
    {
        foreach (var (toleration, at) in owner.Items("tolerations", path))
        {
            var (key, op, value, effect) = (toleration.Text("key"), toleration.Text("operator"), toleration.Text("value"), toleration.Text("effect"));
            if (key.Length > 0)
                causes.Form($"{at}.key", key, Names.QualifiedName);
            if (key.Length == 0 && op != "Exists")
                causes.Add(FieldErrors.Invalid($"{at}.operator", op, "operator must be Exists when `key` is empty, which means \"match all values and all keys\""));
            if (toleration["tolerationSeconds"] is not null && effect != "NoExecute")
                causes.Add(FieldErrors.Invalid($"{at}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
            if (op is "Equal" or "")
                causes.Form($"{at}.operator", value, Names.LabelValue);
            else if (op == "Exists" && value.Length > 0)
                causes.Add(FieldErrors.Invalid($"{at}.operator", value, "value must be empty when `operator` is 'Exists'"));
            else if (op is "Lt" or "Gt")
                causes.Add(FieldErrors.NotSupported($"{at}.operator", op, ["Equal", "Exists", "Lt", "Gt"]));
            else if (op != "Exists")
                causes.Add(FieldErrors.NotSupported($"{at}.operator", op, ["Equal", "Exists"]));
            if (effect.Length > 0)
                causes.OneOf($"{at}.effect", effect, "NoSchedule", "PreferNoSchedule", "NoExecute");
        }
    }

    /// <summary>Bytes of all keys and values together.</summary>
    public static long Size(JsonObject? map)
    {
        var size = 0L;
        foreach (var (key, node) in map ?? [])
            size += Encoding.UTF8.GetByteCount(key) + (node is JsonValue value && value.TryGetValue(out string? text) ? Encoding.UTF8.GetByteCount(text) : 0);
        return size;
    }
}
