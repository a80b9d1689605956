using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Taints of nodes and what pods tolerate.</summary>
internal static class TaintRules
{
    private static readonly string[] Effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

    public static void CheckTolerations(FieldScope spec)
    {
        foreach (var toleration in spec.Each("tolerations"))
        {
            var (key, operation, value) = (toleration.Text("key"), toleration.Text("operator"), toleration.Text("value"));
            if (key.Length > 0)
                toleration.Name("key", Names.QualifiedName);
            if (key.Length == 0 && operation != "Exists")
                toleration.Invalid("operator", operation, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
            if (toleration.Has("tolerationSeconds") && toleration.Text("effect") != "NoExecute")
                toleration.Invalid("effect", toleration.Text("effect"), "effect must be 'NoExecute' when `tolerationSeconds` is set");
            switch (operation)
            {
                case "Equal" or "":
                    if (Names.LabelValue(value) is { } wrong)
                        toleration.Invalid("operator", value, wrong);
                    break;
                case "Exists":
                    if (value.Length > 0)
                        toleration.Invalid("operator", value, "value must be empty when `operator` is 'Exists'");
                    break;
                case "Lt" or "Gt":
                    toleration.Causes.Add(FieldErrors.NotSupported(toleration.At("operator"), operation, ["Equal", "Exists", "Lt", "Gt"]));
                    break;
                default:
                    toleration.Causes.Add(FieldErrors.NotSupported(toleration.At("operator"), operation, ["Equal", "Exists"]));
                    break;
            }
            if (toleration.Text("effect").Length > 0)
                toleration.OneOf("effect", Effects);
        }
    }

    /// <summary>A node's taints are unique by key and effect.</summary>
    public static void CheckTaints(FieldScope spec)
    {
        var seen = new HashSet<(string, string)>();
        foreach (var taint in spec.Each("taints"))
        {
            taint.Name("key", Names.QualifiedName);
            if (taint.Text("value").Length > 0)
                taint.Name("value", Names.LabelValue);
            taint.RequiredOneOf("effect", Effects);
            if (!seen.Add((taint.Text("key"), taint.Text("effect"))))
            {
                var shown = new System.Text.Json.Nodes.JsonObject { ["Key"] = taint.Text("key"), ["Value"] = taint.Text("value"), ["Effect"] = taint.Text("effect"), ["TimeAdded"] = taint.Object["timeAdded"]?.DeepClone() };
                var cause = FieldErrors.Duplicate(taint.Path, shown);
                spec.Causes.Add(cause with { Message = $"{cause.Message}: taints must be unique by key and effect pair" });
            }
        }
    }
}
