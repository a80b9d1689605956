using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Deployments, replica sets, daemon sets, stateful sets and replication controllers (<c>pkg/apis/apps/validation</c>).</summary>
internal static partial class WorkloadRules
{
    private const string StatefulSetRule = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
        + "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

    public static void CheckDeployment(FieldScope obj, JsonObject? old)
    {
        Deployment(obj.Part("spec"));
        CheckSelectorStays(obj, old);
    }

    public static void CheckReplicaSet(FieldScope obj, JsonObject? old)
    {
        ReplicaSet(obj.Part("spec"));
        CheckSelectorStays(obj, old);
    }

    public static void CheckDaemonSet(FieldScope obj, JsonObject? old)
    {
        CheckSelectorStays(obj, old);
        DaemonSet(obj.Part("spec"));
    }

    public static void CheckStatefulSet(FieldScope obj, JsonObject? old) => StatefulSet(obj.Part("spec"), old);

    public static void CheckReplicationController(FieldScope obj, JsonObject? old) => ReplicationController(obj.Part("spec"));

    private static void CheckSelectorStays(FieldScope obj, JsonObject? old)
    {
        if (old is not null)
            obj.Part("spec").Unchanged("selector", old.Child("spec")?["selector"]);
    }

    private static void Deployment(FieldScope spec)
    {
        spec.NotNegative("replicas");
        Selector(spec, "deployment");
        Template(spec, spec.Object.Child("selector"));
        DeploymentStrategy(spec);
        spec.NotNegative("minReadySeconds");
        spec.NotNegative("revisionHistoryLimit");
        spec.NotNegative("progressDeadlineSeconds");
        if (spec.Number("progressDeadlineSeconds") is { } deadline && deadline <= (spec.Number("minReadySeconds") ?? 0))
            spec.Invalid("progressDeadlineSeconds", "must be greater than minReadySeconds");
    }

    private static void ReplicaSet(FieldScope spec)
    {
        spec.NotNegative("replicas");
        spec.NotNegative("minReadySeconds");
        Selector(spec, "deployment");
        Template(spec, spec.Object.Child("selector"));
    }

    private static void Selector(FieldScope spec, string kind)
    {
        if (spec.Child("selector") is not { } selector)
        {
            spec.Required("selector");
            return;
        }
        SelectorRules.Check(selector);
        if (SelectorRules.IsEmpty(selector))
            spec.Invalid("selector", $"empty selector is invalid for {kind}");
    }

    private static void Template(FieldScope spec, JsonObject? selector)
    {
        if (selector is not null && TemplateRules.Selects(selector, spec.Object.Child("template") ?? []) is null)
        {
            spec.Invalid("selector", "invalid label selector");
            return;
        }
        TemplateRules.CheckSelected(spec, selector);
        var template = spec.Part("template");
        TemplateRules.Check(template);
        TemplateRules.CheckRunsForever(template, "ReplicaSet");
    }

    private static void DeploymentStrategy(FieldScope spec)
    {
        if (spec.Child("strategy") is not { } strategy)
            return;
        switch (strategy.Text("type"))
        {
            case "Recreate":
                if (strategy.Has("rollingUpdate"))
                    strategy.Forbidden("rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "RollingUpdate":
                if (strategy.Child("rollingUpdate") is not { } rolling)
                {
                    strategy.Required("rollingUpdate", "this should be defaulted and never be nil");
                    break;
                }
                PositiveOrPercent(rolling, "maxUnavailable");
                PositiveOrPercent(rolling, "maxSurge");
                if (Value(rolling.Object["maxUnavailable"]) == 0 && Value(rolling.Object["maxSurge"]) == 0)
                    rolling.Invalid("maxUnavailable", "may not be 0 when `maxSurge` is 0");
                NotMoreThanAll(rolling, "maxUnavailable");
                break;
            default:
                spec.Causes.Add(FieldErrors.NotSupported(strategy.Path, Shown(strategy), ["Recreate", "RollingUpdate"]));
                break;
        }
    }

    private static void DaemonSet(FieldScope spec)
    {
        var selector = spec.Child("selector");
        if (selector is { } given)
            SelectorRules.Check(given);
        TemplateRules.CheckSelected(spec, selector?.Object);
        if (selector is { } present && SelectorRules.IsEmpty(present))
            spec.Invalid("selector", "empty selector is invalid for daemonset");
        if (spec.Child("template") is { } template)
        {
            TemplateRules.Check(template);
            TemplateRules.CheckRunsForever(template, "DaemonSet");
        }
        spec.NotNegative("minReadySeconds");
        if (spec.Child("updateStrategy") is { } strategy)
            DaemonSetStrategy(spec, strategy);
        spec.NotNegative("revisionHistoryLimit");
    }

    private static void DaemonSetStrategy(FieldScope spec, FieldScope strategy)
    {
        if (strategy.Text("type") == "OnDelete")
            return;
        if (strategy.Text("type") != "RollingUpdate")
        {
            spec.Causes.Add(FieldErrors.NotSupported(strategy.Path, Shown(strategy), ["RollingUpdate", "OnDelete"]));
            return;
        }
        if (strategy.Child("rollingUpdate") is not { } rolling)
        {
            strategy.Required("rollingUpdate");
            return;
        }
        foreach (var check in (ReadOnlySpan<Action<FieldScope, string>>)[PositiveOrPercent, NotMoreThanAll])
        {
            check(rolling, "maxUnavailable");
            check(rolling, "maxSurge");
        }
        var (unavailable, surge) = (Value(rolling.Object["maxUnavailable"]) != 0, Value(rolling.Object["maxSurge"]) != 0);
        if (unavailable && surge)
            rolling.Invalid("maxSurge", "may not be set when maxUnavailable is non-zero");
        else if (!unavailable && !surge)
            rolling.Required("maxUnavailable", "cannot be 0 when maxSurge is 0");
    }

    private static void StatefulSet(FieldScope spec, JsonObject? old)
    {
        if (spec.Text("podManagementPolicy") is not ("OrderedReady" or "Parallel"))
            spec.Invalid("podManagementPolicy", "must be 'OrderedReady' or 'Parallel'");
        if (spec.Child("updateStrategy") is { } strategy)
            StatefulSetStrategy(spec, strategy);
        if (spec.Child("persistentVolumeClaimRetentionPolicy") is { } retention)
        {
            retention.OneOf("whenDeleted", "Retain", "Delete");
            retention.OneOf("whenScaled", "Retain", "Delete");
        }
        if (old is null)
        {
            foreach (var claim in spec.Each("volumeClaimTemplates"))
                ClaimRules.CheckSpec(claim.Part("spec"));
        }
        spec.NotNegative("replicas");
        spec.NotNegative("minReadySeconds");
        if (spec.Child("ordinals") is { } ordinals)
            ordinals.NotNegative("start");
        if (old is null && spec.Text("serviceName").Length > 0)
            spec.Name("serviceName", Names.DnsLabel);
        Selector(spec, "statefulset");
        StatefulSetTemplate(spec, spec.Object.Child("selector"));
        if (old?.Child("spec") is { } before && !JsonNode.DeepEquals(Fixed(spec.Object), Fixed(before)))
            spec.Causes.Add(FieldErrors.Forbidden("spec", StatefulSetRule));
    }

    private static void StatefulSetStrategy(FieldScope spec, FieldScope strategy)
    {
        var rolling = strategy.Child("rollingUpdate");
        switch (strategy.Text("type"))
        {
            case "OnDelete":
                if (rolling is not null)
                    strategy.Invalid("rollingUpdate", new JsonObject { ["Partition"] = rolling.Value.Number("partition") ?? 0, ["MaxUnavailable"] = rolling.Value.Object["maxUnavailable"]?.DeepClone() }, "only allowed for updateStrategy 'RollingUpdate'");
                break;
            case "RollingUpdate":
                if (rolling is { } update)
                {
                    update.NotNegative("partition");
                }
                break;
            default:
                spec.Invalid("updateStrategy", Shown(strategy, "Partition", "MaxUnavailable"), "must be 'RollingUpdate' or 'OnDelete'");
                break;
        }
    }

    private static void StatefulSetTemplate(FieldScope spec, JsonObject? selector)
    {
        var original = spec.Object.Child("template") ?? [];
        if (selector is not null && TemplateRules.Selects(selector, original) is null)
        {
            spec.Invalid("selector", "");
            return;
        }
        TemplateRules.CheckSelected(spec, selector);
        // Its pods' names, and the claims that it makes for them, are the set's own business.
        var template = (JsonObject)original.DeepClone();
        if (template.Child("spec") is { } pod)
        {
            pod.Remove("subdomain");
            pod.Remove("hostname");
            var claims = spec.Object.Objects("volumeClaimTemplates").Select(static c => c.Child("metadata")?.Text("name") ?? "").ToArray();
            if (claims.Length > 0)
            {
                var volumes = new JsonArray();
                foreach (var claim in claims.Distinct())
                    volumes.Add((JsonNode)new JsonObject { ["name"] = claim, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim } });
                foreach (var volume in pod.Objects("volumes").Where(v => !claims.Contains(v.Text("name"))))
                    volumes.Add(volume.DeepClone());
                pod["volumes"] = volumes;
            }
        }
        var scope = new FieldScope(template, spec.At("template"), spec.Causes);
        TemplateRules.Check(scope);
        TemplateRules.CheckRunsForever(scope, "StatefulSet");
    }

    private static JsonObject Fixed(JsonObject spec)
    {
        var copy = (JsonObject)spec.DeepClone();
        foreach (var field in (ReadOnlySpan<string>)["replicas", "template", "updateStrategy", "minReadySeconds", "ordinals", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy"])
            copy.Remove(field);
        return copy;
    }

    private static void ReplicationController(FieldScope spec)
    {
        spec.NotNegative("minReadySeconds");
        if (spec.Object.Child("selector") is not { Count: > 0 } selector)
        {
            spec.Required("selector");
            selector = [];
        }
        spec.NotNegative("replicas");
        if (spec.Child("template") is not { } template)
        {
            spec.Required("template");
            return;
        }
        // A plain map: whether its values have the form of labels does not matter here.
        var labels = template.Object.Child("metadata")?.Child("labels");
        if (selector.Any(pair => labels?.Text(pair.Key) != selector.Text(pair.Key)))
            spec.Invalid("template.metadata.labels", GoStructs.Map(labels), "`selector` does not match template `labels`");
        TemplateRules.Check(template);
        TemplateRules.CheckRunsForever(template, "ReplicationController");
    }

    /// <summary>A number that is not negative, or percents.</summary>
    internal static void PositiveOrPercent(FieldScope holder, string field)
    {
        if (holder.Object[field] is not JsonValue value)
            return;
        if (!value.TryGetValue(out string? text))
            holder.NotNegative(field);
        else if (!PercentForm().IsMatch(text))
            holder.Invalid(field, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
    }

    internal static void NotMoreThanAll(FieldScope holder, string field)
    {
        if (holder.Object[field] is JsonValue value && value.TryGetValue(out string? text) && PercentForm().IsMatch(text) && Value(value) > 100)
            holder.Invalid(field, "must not be greater than 100%");
    }

    /// <summary>The number, or the percents as a number.</summary>
    private static long Value(JsonNode? node) => node is not JsonValue value ? 0
        : value.TryGetValue(out string? text) ? long.TryParse(text.TrimEnd('%'), out var percent) ? percent : 0
        : (long)JsonNumber.Of(value).Value;

    /// <summary>A strategy as upstream's messages show it: its internal type.</summary>
    private static JsonObject Shown(FieldScope strategy) => Shown(strategy, "MaxUnavailable", "MaxSurge");

    private static JsonObject Shown(FieldScope strategy, string first, string second) =>
        new() { ["Type"] = strategy.Text("type"), ["RollingUpdate"] = GoStructs.Pointers(strategy.Object.Child("rollingUpdate"), first, second) };

    [GeneratedRegex(@"\A[0-9]+%\z")]
    private static partial Regex PercentForm();
}
