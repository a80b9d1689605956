using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Registry.Strategies;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Certificates;

/// <summary>CertificateSigningRequests: what is asked never changes; <c>approval</c> changes the conditions, <c>status</c> the certificate and conditions other than Approved and Denied.</summary>
internal sealed class SigningRequestStrategy : ResourceStrategy
{
    /// <summary>Upstream takes any name.</summary>
    public override NameRule NameRule => NameRule.PathSegment;

    public override void PrepareForCreate(ServedResource resource, JsonObject obj) => obj["status"] = new JsonObject();

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        obj.TakeFrom(old, "spec");
        switch (subresource)
        {
            case "status":
                KeepAllBut("status", resource, obj, old);
                KeepApproval(obj, old);
                break;
            case "approval":
                var conditions = obj.Child("status")?["conditions"]?.DeepClone();
                KeepAllBut("status", resource, obj, old);
                var status = (JsonObject?)old["status"]?.DeepClone() ?? [];
                if (conditions is null) status.Remove("conditions");
                else status["conditions"] = conditions;
                obj["status"] = status;
                break;
            default:
                obj.TakeFrom(old, "status");
                break;
        }
    }

    public override void Validate(ServedResource resource, JsonObject obj, JsonObject? old, string subresource, List<StatusCause> causes)
    {
        base.Validate(resource, obj, old, subresource, causes);
        SigningRequestRules.Validate(obj, old, subresource, causes);
    }

    /// <summary>Whoever writes the status by what he read a moment ago does not undo what the approver has said since; taking an approval away or adding one is refused by validation.</summary>
    private static void KeepApproval(JsonObject obj, JsonObject old)
    {
        if (obj.Child("status")?["conditions"] is not JsonArray conditions) return;
        foreach (var type in new[] { "Approved", "Denied" })
        {
            int[] now = [.. Enumerable.Range(0, conditions.Count).Where(i => conditions[i] is JsonObject c && c.Text("type") == type)];
            JsonObject[] before = [.. SigningRequestRules.Conditions(old).Where(c => c.Text("type") == type)];
            if (now.Length != before.Length) continue;
            for (var i = 0; i < now.Length; i++) conditions[now[i]] = before[i].DeepClone();
        }
    }
}
