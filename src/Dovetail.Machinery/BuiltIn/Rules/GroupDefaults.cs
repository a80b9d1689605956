using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>Defaults of the groups beside core, apps and batch (<c>pkg/apis/*/v1/defaults.go</c>).</summary>
internal static class GroupDefaults
{
    private const int WebhookPort = 443;

    public static void Apply(BuiltInResource resource, JsonObject obj)
    {
        var spec = obj.Child("spec");
        switch (resource.Group, resource.Kind)
        {
            case ("networking.k8s.io", "IngressClass"):
                spec?.Child("parameters")?.Default("scope", "Cluster");
                break;
            case ("discovery.k8s.io", "EndpointSlice"):
                // What it said has fields of its own in v1.
                foreach (var endpoint in obj.Objects("endpoints"))
                    endpoint.Remove("deprecatedTopology");
                foreach (var port in obj.Objects("ports"))
                {
                    port["name"] ??= "";
                    port["protocol"] ??= "TCP";
                }
                break;
            case ("storage.k8s.io", "CSIDriver") when spec is not null:
                CsiDriver(spec);
                break;
            case ("coordination.k8s.io", "Lease"):
                // Fields of coordinated leader election, which is not served.
                spec?.Remove("strategy");
                spec?.Remove("preferredHolder");
                break;
            case ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" or "MutatingWebhookConfiguration"):
                foreach (var webhook in obj.Objects("webhooks"))
                    Webhook(webhook, mutating: resource.Kind[0] == 'M');
                break;
            case ("admissionregistration.k8s.io", _) when spec is not null:
                AdmissionPolicy(resource.Kind, spec);
                break;
            case ("flowcontrol.apiserver.k8s.io", _) when spec is not null:
                FlowControl(resource.Kind, spec);
                break;
            case ("resource.k8s.io", "ResourceClaim") when spec is not null:
                DeviceRequests(spec);
                break;
            case ("resource.k8s.io", "ResourceClaimTemplate") when spec?.Child("spec") is { } claim:
                DeviceRequests(claim);
                break;
            case ("apiregistration.k8s.io", "APIService"):
                spec?.Child("service")?.Default("port", WebhookPort);
                break;
        }
    }

    private static void CsiDriver(JsonObject spec)
    {
        spec.Default("attachRequired", true);
        foreach (var off in (ReadOnlySpan<string>)["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"])
            spec.Default(off, false);
        spec["fsGroupPolicy"] ??= "ReadWriteOnceWithFSType";
        if (spec["volumeLifecycleModes"] is not JsonArray { Count: > 0 })
            spec["volumeLifecycleModes"] = new JsonArray("Persistent");
    }

    private static void Webhook(JsonObject webhook, bool mutating)
    {
        webhook["failurePolicy"] ??= "Fail";
        Matching(webhook);
        webhook.Default("timeoutSeconds", 10);
        if (mutating)
            webhook["reinvocationPolicy"] ??= "Never";
        webhook.Child("clientConfig")?.Child("service")?.Default("port", WebhookPort);
        foreach (var rule in webhook.Objects("rules"))
            rule["scope"] ??= "*";
    }

    private static void AdmissionPolicy(string kind, JsonObject spec)
    {
        if (!kind.EndsWith("Binding", StringComparison.Ordinal))
            spec["failurePolicy"] ??= "Fail";
        if ((spec.Child("matchConstraints") ?? spec.Child("matchResources")) is not { } match)
            return;
        Matching(match);
        foreach (var rule in match.Objects("resourceRules").Concat(match.Objects("excludeResourceRules")))
            rule["scope"] ??= "*";
    }

    private static void Matching(JsonObject match)
    {
        match["matchPolicy"] ??= "Equivalent";
        match.Made("namespaceSelector");
        match.Made("objectSelector");
    }

    private static void FlowControl(string kind, JsonObject spec)
    {
        if (kind == "FlowSchema")
        {
            Positive(spec, "matchingPrecedence", 1000);
            return;
        }
        spec.Child("exempt")?.Default("nominalConcurrencyShares", 0);
        spec.Child("exempt")?.Default("lendablePercent", 0);
        spec.Child("limited")?.Default("nominalConcurrencyShares", 30);
        spec.Child("limited")?.Default("lendablePercent", 0);
        if (spec.Child("limited")?.Child("limitResponse")?.Child("queuing") is not { } queuing)
            return;
        Positive(queuing, "queues", 64);
        Positive(queuing, "handSize", 8);
        Positive(queuing, "queueLengthLimit", 50);
    }

    private static void DeviceRequests(JsonObject claim)
    {
        foreach (var request in claim.Child("devices")?.Objects("requests") ?? [])
        {
            if (request.Child("exactly") is { } exactly)
                DeviceCount(exactly);
            foreach (var alternative in request.Objects("firstAvailable"))
                DeviceCount(alternative);
        }
    }

    private static void DeviceCount(JsonObject request)
    {
        request.Default("allocationMode", "ExactCount");
        if (request.Text("allocationMode") == "ExactCount")
            Positive(request, "count", 1);
    }

    /// <summary>Sets a number that is absent or zero.</summary>
    private static void Positive(JsonObject obj, string field, long value)
    {
        if (obj[field] is null || (obj[field] is JsonValue && obj[field].Whole() == 0))
            obj[field] = value;
    }
}
