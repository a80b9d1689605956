using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Selectors;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Pod templates, and how the selectors beside them must fit.</summary>
internal static class TemplateRules
{
    /// <summary>The kind PodTemplate.</summary>
    public static void CheckObject(FieldScope obj, JsonObject? old)
    {
        if (obj.Child("template") is { } template)
            Check(template);
    }

    /// <summary>A template on its own; upstream names labels and annotations without <c>metadata</c>.</summary>
    public static void Check(FieldScope template)
    {
        var metadata = new FieldScope(template.Object.Child("metadata") ?? [], template.Path, template.Causes);
        metadata.Labels("labels");
        ObjectMetaValidation.CheckAnnotations(metadata.Object.Child("annotations"), metadata.At("annotations"), metadata.Causes);
        var spec = template.Part("spec");
        PodRules.CheckAnnotations(metadata, spec);
        PodSpecRules.Check(spec, "", isPod: false);
        if (spec.Count("ephemeralContainers") > 0)
            spec.Forbidden("ephemeralContainers", "ephemeral containers not allowed in pod template");
    }

    /// <summary>What a controller keeps running must restart, and must not end by itself.</summary>
    public static void CheckRunsForever(FieldScope template, string kind)
    {
        if (template.Child("spec") is not { } spec)
            return;
        spec.OneOf("restartPolicy", "Always");
        if (spec.Has("activeDeadlineSeconds"))
            spec.Forbidden("activeDeadlineSeconds", $"activeDeadlineSeconds in {kind} is not Supported");
    }

    /// <summary>Whether the selector selects the template's pods; null when it cannot be read.</summary>
    public static bool? Selects(JsonObject selector, JsonObject template)
    {
        try
        {
            return LabelSelector.FromObject(selector).MatchesObject(template);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>No selector selects nothing.</summary>
    public static void CheckSelected(FieldScope spec, JsonObject? selector)
    {
        var template = spec.Object.Child("template") ?? [];
        if (selector is null || Selects(selector, template) == false)
            spec.Invalid("template.metadata.labels", Sorted(template.Child("metadata")?.Child("labels")), "`selector` does not match template `labels`");
    }

    /// <summary>A map as Go shows it.</summary>
    public static JsonObject? Sorted(JsonObject? map) =>
        map is null ? null : new JsonObject(map.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
}
