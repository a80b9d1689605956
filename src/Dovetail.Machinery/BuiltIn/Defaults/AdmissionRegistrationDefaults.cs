using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>admissionregistration.k8s.io and the webhook ports of apiregistration.k8s.io (<c>pkg/apis/admissionregistration/v1/defaults.go</c>).</summary>
internal static class AdmissionRegistrationDefaults
{
    private const int WebhookPort = 443;

    public static void ValidatingWebhooks(JsonObject configuration) => Webhooks(configuration, mutating: false);

    public static void MutatingWebhooks(JsonObject configuration) => Webhooks(configuration, mutating: true);

    public static void Policy(JsonObject policy)
    {
        if (policy.Child("spec") is not { } spec)
            return;
        spec["failurePolicy"] ??= "Fail";
        Match(spec.Child("matchConstraints"));
    }

    public static void Binding(JsonObject binding) => Match(binding.Child("spec")?.Child("matchResources"));

    public static void ApiService(JsonObject service) => service.Child("spec")?.Child("service")?.Default("port", WebhookPort);

    private static void Webhooks(JsonObject configuration, bool mutating)
    {
        foreach (var webhook in configuration.Objects("webhooks"))
            Webhook(webhook, mutating);
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

    private static void Match(JsonObject? match)
    {
        if (match is null)
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
}
