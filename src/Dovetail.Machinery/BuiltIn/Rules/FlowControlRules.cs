using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>flowcontrol.apiserver.k8s.io (<c>pkg/apis/flowcontrol/validation</c>).</summary>
internal static class FlowControlRules
{
    private const string Exempt = "exempt";
    private const int MaxPrecedence = 10000;
    private const int MaxQueues = 10_000_000;

    /// <summary>Bits of the hash that deals hands of queues.</summary>
    private const int MaxHashBits = 60;

    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

    public static void FlowSchema(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        var precedence = spec["matchingPrecedence"].Whole();
        if (precedence <= 0)
            causes.Add(FieldErrors.Invalid("spec.matchingPrecedence", precedence, "must be a positive value"));
        if (precedence > MaxPrecedence)
            causes.Add(FieldErrors.Invalid("spec.matchingPrecedence", precedence, $"must not be greater than {MaxPrecedence}"));
        if (precedence == 1 && obj.Child("metadata")?.Text("name") != Exempt)
            causes.Add(FieldErrors.Invalid("spec.matchingPrecedence", precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
        if (spec.Child("distinguisherMethod") is { } method && method.Text("type") is not ("ByNamespace" or "ByUser"))
            causes.Add(FieldErrors.NotSupported("spec.distinguisherMethod.type", GoStructs.Of(method, "Type"), ["ByNamespace", "ByUser"]));
        var level = spec.Child("priorityLevelConfiguration")?.Text("name") ?? "";
        if (level.Length == 0)
            causes.Add(FieldErrors.Required("spec.priorityLevelConfiguration.name", "must reference a priority level"));
        else
            causes.Form("spec.priorityLevelConfiguration.name", level, Names.DnsSubdomain);
        foreach (var (rule, at) in spec.Items("rules", "spec.rules"))
            Rule(rule, at, causes);
    }

    public static void PriorityLevel(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        var type = spec.Text("type");
        if ((obj.Child("metadata")?.Text("name") == Exempt) != (type == "Exempt"))
            causes.Add(FieldErrors.Invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'"));
        var (exempt, limited) = (spec.Child("exempt"), spec.Child("limited"));
        switch (type)
        {
            case "Exempt":
                if (limited is not null)
                    causes.Add(FieldErrors.Forbidden("spec.limited", "must be nil if the type is not Limited"));
                if (exempt is not null)
                    Shares(exempt, "spec.exempt", causes, static () => { });
                break;
            case "Limited":
                if (exempt is not null)
                    causes.Add(FieldErrors.Forbidden("spec.exempt", "must be nil if the type is Limited"));
                if (limited is null)
                    causes.Add(FieldErrors.Required("spec.limited", "must not be empty when type is Limited"));
                else
                    Limited(limited, causes);
                break;
            default:
                causes.RemoveAll(static c => c.Field == "spec.type"); // one word about it is enough
                causes.Add(FieldErrors.NotSupported("spec.type", type, ["Exempt", "Limited"]));
                break;
        }
    }

    private static void Limited(JsonObject limited, List<StatusCause> causes)
    {
        Shares(limited, "spec.limited", causes, () => Response(limited.Child("limitResponse") ?? [], "spec.limited.limitResponse", causes));
        if (limited["borrowingLimitPercent"] is { } borrow && borrow.Whole() < 0)
            causes.Add(FieldErrors.Invalid("spec.limited.borrowingLimitPercent", borrow, "if specified, must be a non-negative integer"));
    }

    /// <param name="between">What upstream looks at before the percentage.</param>
    private static void Shares(JsonObject level, string path, List<StatusCause> causes, Action between)
    {
        if (level["nominalConcurrencyShares"] is { } shares && shares.Whole() < 0)
            causes.Add(FieldErrors.Invalid($"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer"));
        between();
        if (level["lendablePercent"] is { } lendable && lendable.Whole() is < 0 or > 100)
            causes.Add(FieldErrors.Invalid($"{path}.lendablePercent", lendable, "must be between 0 and 100, inclusive"));
    }

    private static void Response(JsonObject response, string path, List<StatusCause> causes)
    {
        var queuing = response.Child("queuing");
        switch (response.Text("type"))
        {
            case "Reject" when queuing is not null:
                causes.Add(FieldErrors.Forbidden($"{path}.queuing", "must be nil if limited.limitResponse.type is not Limited"));
                break;
            case "Reject":
                break;
            case "Queue" when queuing is null:
                causes.Add(FieldErrors.Required($"{path}.queuing", "must not be empty if limited.limitResponse.type is Limited"));
                break;
            case "Queue":
                Queuing(queuing, $"{path}.queuing", causes);
                break;
            case var other:
                causes.Add(FieldErrors.NotSupported($"{path}.type", other, ["Queue", "Reject"]));
                break;
        }
    }

    private static void Queuing(JsonObject queuing, string path, List<StatusCause> causes)
    {
        var (queues, hand) = (queuing["queues"].Whole(), queuing["handSize"].Whole());
        if (queuing["queueLengthLimit"].Whole() <= 0)
            causes.Add(FieldErrors.Invalid($"{path}.queueLengthLimit", queuing["queueLengthLimit"], "must be positive"));
        if (queues <= 0)
            causes.Add(FieldErrors.Invalid($"{path}.queues", queues, "must be positive"));
        else if (queues > MaxQueues)
            causes.Add(FieldErrors.Invalid($"{path}.queues", queues, $"must not be greater than {MaxQueues}"));
        if (hand <= 0)
            causes.Add(FieldErrors.Invalid($"{path}.handSize", hand, "must be positive"));
        else if (hand > queues)
            causes.Add(FieldErrors.Invalid($"{path}.handSize", hand, $"should not be greater than queues ({queues})"));
        else if (Math.Ceiling(Math.Log2(queues) * hand) > MaxHashBits)
            causes.Add(FieldErrors.Invalid($"{path}.handSize", hand, $"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {MaxHashBits}"));
    }

    private static void Rule(JsonObject rule, string path, List<StatusCause> causes)
    {
        if (rule["subjects"] is not JsonArray { Count: > 0 })
            causes.Add(FieldErrors.Required($"{path}.subjects", "subjects must contain at least one value"));
        foreach (var (subject, at) in rule.Items("subjects", $"{path}.subjects"))
            Subject(subject, at, causes);
        if (rule["resourceRules"] is not JsonArray { Count: > 0 } && rule["nonResourceRules"] is not JsonArray { Count: > 0 })
            causes.Add(FieldErrors.Required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
        foreach (var (resources, at) in rule.Items("resourceRules", $"{path}.resourceRules"))
            ResourceRule(resources, at, causes);
        foreach (var (urls, at) in rule.Items("nonResourceRules", $"{path}.nonResourceRules"))
            UrlRule(urls, at, causes);
    }

    private static void Subject(JsonObject subject, string path, List<StatusCause> causes)
    {
        var kind = subject.Text("kind");
        var field = kind.Length == 0 ? "" : char.ToLowerInvariant(kind[0]) + kind[1..];
        if (kind is not ("Group" or "ServiceAccount" or "User"))
        {
            causes.Add(FieldErrors.NotSupported($"{path}.kind", kind, ["Group", "ServiceAccount", "User"]));
            return;
        }
        if (subject.Child(field) is not { } named)
            causes.Add(FieldErrors.Required($"{path}.{field}", $"{field} is required when subject kind is '{kind}'"));
        else if (kind == "ServiceAccount")
            ServiceAccount(named, $"{path}.{field}", causes);
        else if (named.Text("name").Length == 0)
            causes.Add(FieldErrors.Required($"{path}.{field}.name"));
        foreach (var other in (ReadOnlySpan<string>)["ServiceAccount", "User", "Group"])
        {
            var otherField = char.ToLowerInvariant(other[0]) + other[1..];
            if (other != kind && subject[otherField] is not null)
                causes.Add(FieldErrors.Forbidden($"{path}.{otherField}", $"{otherField} is forbidden when subject kind is not '{other}'"));
        }
    }

    private static void ServiceAccount(JsonObject account, string path, List<StatusCause> causes)
    {
        var (name, ns) = (account.Text("name"), account.Text("namespace"));
        if (name != "*")
            causes.RequiredForm($"{path}.name", name, Names.DnsSubdomain);
        if (ns.Length == 0)
            causes.Add(FieldErrors.Required($"{path}.namespace", "must specify namespace for service account"));
        else
            causes.Form($"{path}.namespace", ns, Names.DnsLabel);
    }

    private static void ResourceRule(JsonObject rule, string path, List<StatusCause> causes)
    {
        VerbsOf(rule, path, causes);
        Several(rule, "apiGroups", path, "resource rules must supply at least one api group", "api groups", causes);
        Several(rule, "resources", path, "resource rules must supply at least one resource", "resources", causes);
        var namespaces = rule.Texts("namespaces");
        if (namespaces.Count == 0 && !rule.IsTrue("clusterScope"))
            causes.Add(FieldErrors.Required($"{path}.namespaces", "resource rules that are not cluster scoped must supply at least one namespace"));
        else if (namespaces.Contains("*"))
        {
            if (namespaces.Count > 1)
                causes.Add(FieldErrors.Invalid($"{path}.namespaces", rule["namespaces"], "if '*' is present, must not specify other namespaces"));
        }
        else
        {
            for (var i = 0; i < namespaces.Count; i++)
            {
                if (Names.DnsLabel(namespaces[i]) is { } wrong)
                    causes.Add(FieldErrors.Invalid($"{path}.namespaces[{i}]", namespaces[i], $"each member of this list must be '*' or a DNS-1123 label; {wrong}"));
            }
        }
    }

    private static void UrlRule(JsonObject rule, string path, List<StatusCause> causes)
    {
        VerbsOf(rule, path, causes);
        var urls = rule.Texts("nonResourceURLs");
        Several(rule, "nonResourceURLs", path, "nonResourceURLs must contain at least one value", "non-resource URLs", causes);
        for (var i = 0; i < urls.Count && !urls.Contains("*"); i++)
        {
            if (WrongUrl(urls[i]) is { } wrong)
                causes.Add(FieldErrors.Invalid($"{path}.nonResourceURLs[{i}]", urls[i], wrong));
        }
    }

    private static void VerbsOf(JsonObject rule, string path, List<StatusCause> causes)
    {
        var verbs = rule.Texts("verbs");
        if (verbs.Count == 0 || verbs.Contains("*"))
            Several(rule, "verbs", path, "verbs must contain at least one value", "verbs", causes);
        else if (verbs.Except(Verbs).Any())
            causes.Add(FieldErrors.NotSupported($"{path}.verbs", rule["verbs"], Verbs));
    }

    private static void Several(JsonObject rule, string field, string path, string required, string what, List<StatusCause> causes)
    {
        var texts = rule.Texts(field);
        if (texts.Count == 0)
            causes.Add(FieldErrors.Required($"{path}.{field}", required));
        else if (texts.Count > 1 && texts.Contains("*"))
            causes.Add(FieldErrors.Invalid($"{path}.{field}", rule[field], $"if '*' is present, must not specify other {what}"));
    }

    private static string? WrongUrl(string url) =>
        url.Length == 0 ? "must not be empty"
        : url == "/" ? null
        : url[0] != '/' ? "must start with slash"
        : url.Contains(' ', StringComparison.Ordinal) ? "must not contain white-space"
        : url.Contains("//", StringComparison.Ordinal) ? "must not contain double slash"
        : url.Count(static c => c == '*') is var stars && (stars > 1 || (stars == 1 && !url.EndsWith("/*", StringComparison.Ordinal))) ? "wildcard can only do suffix matching"
        : null;
}
