using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Jobs find their pods by labels that the server makes of name and uid, unless <c>spec.manualSelector</c> says that the client knows better.</summary>
internal sealed class JobStrategy : ResourceStrategy
{
    private const string Uid = "controller-uid";
    private const string Name = "job-name";
    private const string Prefix = "batch.kubernetes.io/";

    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        base.PrepareForCreate(resource, obj);
        if (obj.Child("spec") is not { } spec || spec.Child("template") is not { } template) return;
        if (spec.Flag("manualSelector") == true) return;
        if (template["metadata"] is not JsonObject of) template["metadata"] = of = [];
        var metadata = obj.Metadata();
        // A job without labels of its own was given its template's: it goes on sharing them.
        var shared = metadata.Child("labels") is not { Count: > 0 } own || JsonNode.DeepEquals(own, of["labels"]);
        var labels = of.Child("labels") ?? [];
        var (name, uid) = (metadata.Text("name"), metadata.Text("uid"));
        // What is there already is left for validation to judge.
        foreach (var (key, value) in new[] { (Uid, uid), (Name, name), (Prefix + Uid, uid), (Prefix + Name, name) })
        {
            if (labels[key] is null) labels[key] = value;
        }

        of["labels"] = labels;
        if (shared) metadata["labels"] = of["labels"]!.DeepClone();
        if (spec["selector"] is not JsonObject selector) spec["selector"] = selector = [];
        var matched = selector.Child("matchLabels") ?? [];
        if (matched[Prefix + Uid] is null) matched[Prefix + Uid] = uid;
        if (matched.Parent is null) selector["matchLabels"] = matched;
    }
}
