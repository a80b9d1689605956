using System.Globalization;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Daemon sets count the changes of their template in an annotation, for clients from before controller revisions.</summary>
internal sealed class DaemonSetStrategy : ResourceStrategy
{
    private const string TemplateGeneration = "deprecated.daemonset.template.generation";

    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        base.PrepareForCreate(resource, obj);
        Set(obj, 1);
    }

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        base.PrepareForUpdate(resource, obj, old, subresource);
        var text = old.Metadata().Child("annotations")?.Text(TemplateGeneration) ?? "";
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) Set(obj, count);
    }

    public override void DesireChanged(JsonObject obj, JsonObject old)
    {
        var text = old.Metadata().Child("annotations")?.Text(TemplateGeneration) ?? "";
        if (!JsonNode.DeepEquals(obj.Child("spec")?["template"], old.Child("spec")?["template"]) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) Set(obj, count + 1);
    }

    private static void Set(JsonObject obj, long count)
    {
        var metadata = obj.Metadata();
        var annotations = metadata.Child("annotations") ?? [];
        annotations[TemplateGeneration] = count.ToString(CultureInfo.InvariantCulture);
        if (annotations.Parent is null) metadata["annotations"] = annotations;
    }
}
