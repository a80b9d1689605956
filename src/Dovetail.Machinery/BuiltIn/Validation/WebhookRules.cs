using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Webhook configurations of admissionregistration.k8s.io, their expressions apart (<c>pkg/apis/admissionregistration/validation</c>).</summary>
internal static class WebhookRules
{
    private const string UrlForm = "; desired format: https://host[/path]";

    private static readonly string[] Versions = ["v1", "v1beta1"];

    public static void CheckValidating(FieldScope configuration, JsonObject? old) => CheckAll(configuration, mutating: false);

    public static void CheckMutating(FieldScope configuration, JsonObject? old) => CheckAll(configuration, mutating: true);

    /// <summary>Which requests a webhook or a policy is about.</summary>
    internal static void CheckRequests(FieldScope rule)
    {
        if (rule.Count("operations") == 0)
            rule.Required("operations");
        CheckStar(rule, "operations", "operations");
        foreach (var (operation, path) in rule.Texts("operations"))
        {
            if (operation is not ("*" or "CONNECT" or "CREATE" or "DELETE" or "UPDATE"))
                rule.Causes.Add(FieldErrors.NotSupported(path, operation, ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]));
        }
        foreach (var (field, what) in (ReadOnlySpan<(string, string)>)[("apiGroups", "API groups"), ("apiVersions", "API versions")])
        {
            if (rule.Count(field) == 0)
                rule.Required(field);
            CheckStar(rule, field, what);
        }
        foreach (var (version, path) in rule.Texts("apiVersions"))
        {
            if (version.Length == 0)
                rule.Causes.Add(FieldErrors.Required(path));
        }
        CheckResources(rule);
        if (rule.Has("scope"))
            rule.OneOf("scope", "*", "Cluster", "Namespaced");
    }

    private static void CheckAll(FieldScope configuration, bool mutating)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var webhook in configuration.Each("webhooks"))
        {
            CheckWebhook(webhook, mutating);
            CheckReviewVersions(webhook);
            if (webhook.Text("name") is { Length: > 0 } name && !names.Add(name))
                webhook.Duplicate("name", name);
        }
    }

    private static void CheckWebhook(FieldScope webhook, bool mutating)
    {
        CheckFullName(webhook);
        foreach (var rule in webhook.Each("rules"))
            CheckRequests(rule);
        webhook.OneOf("failurePolicy", "Fail", "Ignore");
        webhook.OneOf("matchPolicy", "Equivalent", "Exact");
        if (webhook.Has("sideEffects"))
            webhook.OneOf("sideEffects", "None", "NoneOnDryRun");
        else
            webhook.Required("sideEffects", "must specify one of None, NoneOnDryRun");
        if (webhook.Whole("timeoutSeconds") is < 1 or > 30)
            webhook.Invalid("timeoutSeconds", "the timeout value must be between 1 and 30 seconds");
        webhook.Selector("namespaceSelector");
        webhook.Selector("objectSelector");
        if (mutating)
            webhook.OneOf("reinvocationPolicy", "IfNeeded", "Never");
        var client = webhook.Part("clientConfig");
        switch (client.Has("url"), client.Child("service"))
        {
            case (true, null):
                CheckUrl(client);
                break;
            case (false, { } service):
                CheckService(service);
                break;
            default:
                webhook.Required("clientConfig", "exactly one of url or service is required");
                break;
        }
        MatchConditionRules.Check(webhook);
    }

    private static void CheckFullName(FieldScope webhook)
    {
        var name = webhook.Text("name");
        webhook.RequiredName("name", Names.DnsSubdomain);
        if (name.Length > 0 && Names.DnsSubdomain(name) is null && name.Count(static c => c == '.') < 2)
            webhook.Invalid("name", "should be a domain with at least three segments separated by dots");
    }

    private static void CheckReviewVersions(FieldScope webhook)
    {
        const string field = "admissionReviewVersions";
        var versions = webhook.Values(field);
        if (versions.Count == 0)
        {
            webhook.Required(field, "must specify one of v1, v1beta1");
            return;
        }
        for (var i = 0; i < versions.Count; i++)
        {
            if (versions.IndexOf(versions[i]) < i)
                webhook.Invalid($"{field}[{i}]", versions[i], "duplicate version");
            else if (Names.Dns1035Label(versions[i]) is { } wrong)
                webhook.Invalid($"{field}[{i}]", versions[i], wrong);
        }
        if (!versions.Intersect(Versions).Any())
            webhook.Invalid(field, "must include at least one of v1, v1beta1");
    }

    private static void CheckUrl(FieldScope client)
    {
        if (!Uri.TryCreate(client.Text("url"), UriKind.Absolute, out var url))
        {
            // Without a scheme or a host, as far as Go's parser is concerned.
            client.Invalid("url", "", $"'https' is the only allowed URL scheme{UrlForm}");
            client.Invalid("url", "", $"host must be specified{UrlForm}");
            return;
        }
        if (url.Scheme != "https")
            client.Invalid("url", url.Scheme, $"'https' is the only allowed URL scheme{UrlForm}");
        if (url.Host.Length == 0)
            client.Invalid("url", "", $"host must be specified{UrlForm}");
        if (url.UserInfo.Length > 0)
            client.Invalid("url", url.UserInfo, "user information is not permitted in the URL");
        if (url.Fragment.Length > 1)
            client.Invalid("url", url.Fragment[1..], "fragments are not permitted in the URL");
        if (url.Query.Length > 1)
            client.Invalid("url", url.Query[1..], "query parameters are not permitted in the URL");
    }

    private static void CheckService(FieldScope service)
    {
        // Upstream takes one for the other.
        foreach (var (field, shown) in (ReadOnlySpan<(string, string)>)[("namespace", "name"), ("name", "namespace")])
        {
            if (service.Text(field).Length == 0)
                service.Required(shown);
        }
        if (NameForms.PortNumber(service.Whole("port")) is { } wrong)
            service.Invalid("port", $"port is not valid: {wrong}");
        if (service.Text("path") is { Length: > 0 } and not "/")
            CheckServicePath(service);
    }

    private static void CheckServicePath(FieldScope service)
    {
        var place = service.Text("path");
        if (place == "//")
        {
            service.Invalid("path", "segment[0] may not be empty");
            return;
        }
        if (place[0] != '/')
            service.Invalid("path", "must start with a '/'");
        var rest = place[1..];
        var steps = (rest.EndsWith('/') ? rest[..^1] : rest).Split('/');
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].Length == 0)
                service.Invalid("path", $"segment[{i}] may not be empty");
            else if (Names.DnsSubdomain(steps[i]) is { } wrong)
                service.Invalid("path", $"segment[{i}]: {wrong}");
        }
    }

    private static void CheckResources(FieldScope rule)
    {
        var resources = rule.Values("resources");
        if (resources.Count == 0)
            rule.Required("resources");
        var (wholeResources, wholeSubresources) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var plain = false;
        for (var i = 0; i < resources.Count; i++)
        {
            var at = $"resources[{i}]";
            if (resources[i].Length == 0)
            {
                rule.Required(at);
                continue;
            }
            var slash = resources[i].IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                plain = resources[i] != "*"; // the last one counts, as upstream has it
                continue;
            }
            var (resource, subresource) = (resources[i][..slash], resources[i][(slash + 1)..]);
            if (wholeResources.Contains(resource))
                rule.Invalid(at, resources[i], $"if '{resource}/*' is present, must not specify {resources[i]}");
            if (wholeSubresources.Contains(subresource))
                rule.Invalid(at, resources[i], $"if '*/{subresource}' is present, must not specify {resources[i]}");
            if (subresource == "*")
                wholeResources.Add(resource);
            if (resource == "*")
                wholeSubresources.Add(subresource);
        }
        if (resources.Count > 1 && resources.Contains("*/*"))
            rule.Invalid("resources", "if '*/*' is present, must not specify other resources");
        if (resources.Contains("*") && plain)
            rule.Invalid("resources", "if '*' is present, must not specify other resources without subresources");
    }

    private static void CheckStar(FieldScope rule, string field, string what)
    {
        var texts = rule.Values(field);
        if (texts.Count > 1 && texts.Contains("*"))
            rule.Invalid(field, $"if '*' is present, must not specify other {what}");
    }
}
